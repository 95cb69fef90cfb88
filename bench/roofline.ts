/**
 * Where the time of a step goes: every kernel of the native engine with its time, rate and bytes, as a table and as a
 * roofline (docs/images/roofline-SHAPE.svg, with -bf16 for that). Roofs come from the last `npm run bench` of the shape.
 *
 * usage: npm run bench:roofline -- [--shapes 3x256] [--steps 5] [--precision fp32]
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '../src/base/random';
import { useBackend } from '../src/engine/backends/choose-backend';
import { loadAddon } from '../src/engine/backends/native/addon';
import { createModel } from '../src/engine/model';
import type { Precision } from '../src/engine/ops/bfloat16';
import { createOptimizer } from '../src/engine/optimizers/optimizers';
import { trainStep } from '../src/engine/train-step';
import type { ShapeResult } from './measure';
import { type KernelProfile, type Profiler, profileAddon } from './profile-addon';
import { rooflineSvg } from './roofline-svg';
import { experimentOf, type Shape, shapeOf, tokensPerStep } from './shapes';

interface StepProfile {
  readonly stepMs: number;
  /** Means per step. */
  readonly kernels: readonly KernelProfile[];
}

async function main(): Promise<void> {
  const root = join(__dirname, '..', '..');
  const { values } = parseArgs({
    options: {
      shapes: { type: 'string', default: '12x128,6x192,3x256,supra-mini' },
      steps: { type: 'string', default: '5' },
      precision: { type: 'string', default: 'fp32' },
      contexts: { type: 'boolean', default: false },
    },
  });
  await useBackend('native');
  const loaded = loadAddon();
  if ('problem' in loaded) throw new Error(loaded.problem);
  const profiler = profileAddon(loaded.addon);
  const precision: Precision = values.precision === 'bf16' ? 'bf16' : 'fp32';
  const profile = (shape: Shape) => profileSteps(shape, Number(values.steps), precision, profiler);
  if (values.contexts) return printContexts(profile);
  const images = join(root, 'docs', 'images');
  mkdirSync(images, { recursive: true });
  for (const name of values.shapes.split(',')) {
    const step = profile(shapeOf(name));
    console.log(tableOf(name, step));
    const roofs = roofsOf(root, name, precision);
    if (roofs === null) {
      console.log(`No roofs of ${name}: run npm run bench -- --shapes ${name} first.`);
      continue;
    }
    const title = `${name}, ${precision}: where ${step.stepMs.toFixed(step.stepMs < 100 ? 1 : 0)} ms of a step go`;
    const suffix = precision === 'bf16' ? '-bf16' : '';
    writeFileSync(join(images, `roofline-${name}${suffix}.svg`), rooflineSvg(title, step.kernels, roofs));
  }
}

function profileSteps(shape: Shape, steps: number, precision: Precision, profiler: Profiler): StepProfile {
  const { model: spec, train } = experimentOf(shape);
  const model = createModel(spec, { seed: 1 });
  const optimizer = createOptimizer(train.optimizer, model);
  const random = createRandom(1);
  const ids = () => Int32Array.from({ length: tokensPerStep(shape) }, () => random.below(shape.vocab));
  const lesson = { batch: shape.batch, seq: shape.context, inputs: ids(), targets: ids() };
  const step = () => trainStep(model, optimizer, [lesson], { learningRate: 1e-3, clip: 1, precision });
  const warm = performance.now();
  do step();
  while (performance.now() - warm < 1000);
  profiler.take();
  const began = performance.now();
  let made = 0;
  for (; made < steps || performance.now() - began < 1000; made++) step();
  const elapsedMs = performance.now() - began;
  const watched = profiler.take();
  const stepMs = (elapsedMs - watched.watchingMs) / made;
  const kernels = watched.kernels.map(row => ({
    kernel: row.kernel,
    calls: row.calls / made,
    elapsedMs: row.elapsedMs / made,
    flops: row.flops / made,
    bytes: row.bytes / made,
  }));
  optimizer.dispose();
  model.dispose();
  return { stepMs, kernels };
}

function tableOf(name: string, { stepMs, kernels }: StepProfile): string {
  const inside = kernels.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
  return [
    `\n| ${name} | ms | % | calls | GFLOP/s | GB/s |`,
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...kernels
      .filter(({ elapsedMs }) => elapsedMs / stepMs > 0.002)
      .map(
        ({ kernel, elapsedMs, calls, flops, bytes }) =>
          `| ${kernel} | ${elapsedMs.toFixed(2)} | ${share(elapsedMs, stepMs)} | ${calls.toFixed(0)} | ${(flops / elapsedMs / 1e6).toFixed(1)} | ${(bytes / elapsedMs / 1e6).toFixed(1)} |`,
      ),
    `| outside of the kernels | ${(stepMs - inside).toFixed(2)} | ${share(stepMs - inside, stepMs)} | | | |`,
    `| step | ${stepMs.toFixed(2)} | 100 | | | |`,
  ].join('\n');
}

/** A step of 4096 tokens at growing context, and what a window of 128 spares in attention. */
function printContexts(profile: (shape: Shape) => StepProfile): void {
  console.log('| context | window | step ms | attention ms | attention GFLOP |\n| ---: | ---: | ---: | ---: | ---: |');
  for (const [context, window] of [...[128, 256, 512, 1024, 2048].map(each => [each, 0]), [2048, 128]] as [
    number,
    number,
  ][]) {
    const { stepMs, kernels } = profile({ ...shapeOf('3x256'), context, window, batch: 4096 / context });
    const attention = kernels.filter(({ kernel }) => kernel.startsWith('attention'));
    const ms = attention.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
    const flops = attention.reduce((sum, each) => sum + each.flops, 0);
    console.log(
      `| ${context} | ${window || 'none'} | ${stepMs.toFixed(0)} | ${ms.toFixed(0)} | ${(flops / 1e9).toFixed(1)} |`,
    );
  }
}

function roofsOf(root: string, name: string, precision: Precision): ShapeResult['limits'][string] | null {
  const file = join(root, 'bench/results/train.json');
  if (!existsSync(file)) return null;
  const { results } = JSON.parse(readFileSync(file, 'utf8')) as { readonly results: readonly ShapeResult[] };
  return results.find(({ shape }) => shape === name)?.limits[precision] ?? null;
}

const share = (part: number, whole: number): string => ((100 * part) / whole).toFixed(1);

void main();
