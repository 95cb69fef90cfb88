/**
 * Our side of the benchmarks: does what each line it reads asks for and answers with one line of JSON, like torch-peer.py.
 *
 * usage: supra-peer.js '{"layers": …, "mode": "native", "precision": "fp32"}'; threads come from SUPRA_THREADS.
 */
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { createRandom } from '../src/base/random';
import type { BackendId } from '../src/engine/backends/backend-report';
import { useBackend } from '../src/engine/backends/choose-backend';
import { createModel } from '../src/engine/model';
import type { Precision } from '../src/engine/ops/bfloat16';
import { linear } from '../src/engine/ops/linear';
import { createOptimizer } from '../src/engine/optimizers/optimizers';
import { trainStep } from '../src/engine/train-step';
import { forgetPeak, residentBytes } from './memory';
import { experimentOf, type Shape, tokensPerStep } from './shapes';

interface Task extends Shape {
  readonly mode: BackendId;
  readonly precision: Precision;
}

async function main(): Promise<void> {
  const { mode, precision, ...shape } = JSON.parse(process.argv[2] ?? '{}') as Task;
  const { report } = await useBackend(mode);
  const baselineBytes = residentBytes().now;
  const { model: spec, train } = experimentOf(shape);
  const model = createModel(spec, { seed: 1 });
  const optimizer = createOptimizer(train.optimizer, model);
  const random = createRandom(1);
  const ids = () => Int32Array.from({ length: tokensPerStep(shape) }, () => random.below(shape.vocab));
  const lesson = { batch: shape.batch, seq: shape.context, inputs: ids(), targets: ids() };
  const parameters = [...model.trainable.values()].reduce((sum, { size }) => sum + size, 0);
  const details = report.details.map(({ name, value }) => `${name}: ${value}`).join(', ');
  const doing: Record<string, () => object | Promise<object>> = {
    step() {
      const start = performance.now();
      const { loss } = trainStep(model, optimizer, [lesson], { learningRate: 1e-3, clip: 1, precision });
      return { stepMs: performance.now() - start, loss, peakBytes: residentBytes().peak };
    },
    limits: () => ({ flopsPerSecond: productRate(precision), bytesPerSecond: copyRate() }),
    async 'forget-peak'() {
      // What the measuring of the limits left behind is not the training's: PyTorch has given the same back by now. The buffers of
      // the training stay where they are, as between two steps of a run.
      collectGarbage();
      // The memory of arrays is given back by another thread.
      await new Promise(resolve => setTimeout(resolve, 200));
      forgetPeak();
      return {};
    },
  };
  say({ parameters, baselineBytes, details });
  for await (const line of createInterface({ input: process.stdin })) {
    const work = doing[line];
    if (work === undefined) throw new Error(`Unknown word '${line}'.`);
    say(await work());
  }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

/** FLOPs per second of a product of two square matrices, the best of a few. */
function productRate(precision: Precision): number {
  const size = 1536;
  const draw = (): Tensor2D => tensor2d(new Float32Array(size * size).map(Math.random), [size, size]);
  let best = 0;
  tidy(() => {
    const [a, b] = [draw(), draw()];
    best = (2 * size ** 3) / bestSeconds(() => tidy(() => void linear(a, b, null, precision).dataSync()));
  });
  return best;
}

/** Bytes per second read and written by one thread of memory moves; PyTorch measures the same with all of them. */
function copyRate(): number {
  const from = new Float32Array(2 ** 24).fill(1);
  const to = new Float32Array(from.length).fill(2);
  return (2 * from.byteLength) / bestSeconds(() => to.set(from));
}

function bestSeconds(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + 500;
  do {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  } while (performance.now() < end);
  return best / 1000;
}

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

void main();
