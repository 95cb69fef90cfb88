/**
 * The same training in Supra and in PyTorch: same initial weights, same batches of real text, same hyperparameters.
 * Prints how far the losses lie apart, for each seed of weights and batches, writes bench/results/loss-curve.json.
 *
 * usage: npm run bench:loss -- [--shape supra-mini] [--steps 200] [--no-bf16] [--threads 2] [--seeds 1,2,3]
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { prepareData } from '../src/data/prepare-data';
import { createTrainingBatches } from '../src/data/training-batches';
import { useBackend } from '../src/engine/backends/choose-backend';
import { createModel, type LessonBatch, type Model } from '../src/engine/model';
import type { Precision } from '../src/engine/ops/bfloat16';
import { createOptimizer } from '../src/engine/optimizers/optimizers';
import { trainStep } from '../src/engine/train-step';
import { writeSafetensors } from '../src/exchange/safetensors';
import { experimentOf, type Shape, shapeOf } from './shapes';
import { torchPython } from './torch-python';

const clip = 1;
const epsilon = 1e-8;

async function main(): Promise<void> {
  const root = join(__dirname, '..', '..');
  const { values } = parseArgs({
    options: {
      shape: { type: 'string', default: 'supra-mini' },
      steps: { type: 'string', default: '200' },
      threads: { type: 'string', default: String(cpus().length) },
      'no-bf16': { type: 'boolean', default: false },
      seeds: { type: 'string', default: '1,2,3' },
    },
  });
  const shape = shapeOf(values.shape);
  const steps = Number(values.steps);
  process.env.SUPRA_THREADS = values.threads;
  await useBackend('native');
  const precisions = values['no-bf16'] ? (['fp32'] as const) : (['fp32', 'bf16'] as const);
  const found: object[] = [];
  for (const seed of values.seeds.split(',').map(Number)) {
    const folder = join(root, '.bench', `loss-curve-${values.shape}-${seed}`);
    mkdirSync(folder, { recursive: true });
    const lessons = await readLessons(root, shape, steps, seed);
    const learningRates = lessons.map((_, step) => 1e-3 * Math.min(1, (step + 1) / 20));
    await writeInputs(folder, shape, lessons, seed);
    const curves: Record<string, number[]> = {};
    for (const precision of precisions) {
      curves[`native ${precision}`] = trainHere(newModel(shape, seed), shape, lessons, learningRates, precision);
      const settings = { betas: [0.9, 0.95], weightDecay: 0.1, epsilon, clip, learningRates };
      const task = { ...shape, ...settings, precision, threads: Number(values.threads) };
      curves[`torch ${precision}`] = await trainThere(torchPython(root), root, folder, task);
    }
    found.push({ shape: values.shape, steps, seed, curves });
    console.log(`seed ${seed}`);
    for (const [name, losses] of Object.entries(curves))
      console.log(`${name.padEnd(12)} loss ${losses[0]?.toFixed(6)} to ${losses.at(-1)?.toFixed(6)}`);
    compare(curves, 'native fp32', 'torch fp32');
    compare(curves, 'native bf16', 'native fp32');
    compare(curves, 'torch bf16', 'torch fp32');
  }
  const results = join(root, 'bench/results');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'loss-curve.json'), `${JSON.stringify(found)}\n`);
}

/** Windows of a bundled text, in the order of a real run. */
async function readLessons(
  root: string,
  { vocab, batch, context }: Shape,
  steps: number,
  seed: number,
): Promise<LessonBatch[]> {
  const data = await prepareData(
    { source: 'moby-dick', tokenizer: { kind: 'bpe', vocab }, holdout: 0.05 },
    { root, cacheDir: join(root, '.bench', 'cache') },
  );
  if (data.value === null) throw new Error(data.problems[0]?.what);
  const batches = createTrainingBatches(data.value.train, { batch, seq: context, seed });
  const stream = batches.value;
  if (stream === null) throw new Error(batches.problems[0]?.what);
  const lessons = Array.from({ length: steps }, () => stream.next());
  data.value.close();
  return lessons;
}

const newModel = (shape: Shape, seed: number): Model => createModel(experimentOf(shape).model, { seed });

async function writeInputs(folder: string, shape: Shape, lessons: readonly LessonBatch[], seed: number): Promise<void> {
  const model = newModel(shape, seed);
  const tensors = model.table.map(({ path, hfName, shape: dims }) => {
    if (hfName === null) throw new Error(`Expected a name in transformers for ${path}.`);
    const data = model.readWeight(path);
    return { name: hfName, shape: Object.values(dims), dtype: 'F32' as const, read: () => data };
  });
  await writeSafetensors(join(folder, 'weights.safetensors'), tensors);
  model.dispose();
  const ids = lessons.flatMap(({ inputs, targets }) => [inputs, targets]).map(each => Buffer.from(each.buffer));
  writeFileSync(join(folder, 'batches.bin'), Buffer.concat(ids));
  const hash = createHash('sha256').update(Buffer.concat(ids)).digest('hex').slice(0, 12);
  process.stderr.write(`${tensors.length} tensors, ${lessons.length} batches (${hash})\n`);
}

function trainHere(
  model: Model,
  shape: Shape,
  lessons: readonly LessonBatch[],
  learningRates: readonly number[],
  precision: Precision,
): number[] {
  const optimizer = createOptimizer(experimentOf(shape).train.optimizer, model);
  const losses = lessons.map((lesson, step) => {
    const { loss } = trainStep(model, optimizer, [lesson], {
      learningRate: learningRates[step] ?? Number.NaN,
      clip,
      precision,
    });
    tell(`native ${precision}`, step, loss);
    return loss;
  });
  optimizer.dispose();
  model.dispose();
  return losses;
}

async function trainThere(
  python: string,
  root: string,
  folder: string,
  task: { readonly precision: Precision },
): Promise<number[]> {
  const args = [join(root, 'bench/torch-curve.py'), folder, JSON.stringify(task)];
  const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const losses: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    losses.push(Number(line));
    tell(`torch ${task.precision}`, losses.length - 1, Number(line));
  }
  return losses;
}

function tell(who: string, step: number, loss: number): void {
  if (step % 20 === 0) process.stderr.write(`${who} step ${step}: ${loss.toFixed(6)}\n`);
}

/** Largest difference of two curves, and where it is. */
function compare(curves: Readonly<Record<string, readonly number[]>>, one: string, other: string): void {
  const [a, b] = [curves[one], curves[other]];
  if (a === undefined || b === undefined) return;
  if (a.length !== b.length) throw new Error(`Expected as many losses of ${other} as of ${one}, got ${b.length}.`);
  const apart = a.map((loss, step) => Math.abs(loss - (b[step] ?? Number.NaN)));
  const largest = Math.max(...apart);
  const mean = apart.reduce((sum, each) => sum + each, 0) / apart.length;
  console.log(
    `${one} - ${other}: at most ${largest.toExponential(2)} (step ${apart.indexOf(largest)}), mean ${mean.toExponential(2)}`,
  );
}

void main();
