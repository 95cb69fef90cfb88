import { completeModel } from '../architecture/complete-spec';
import type { Config } from '../architecture/component';
import { costsOf } from '../architecture/costs';
import type { ModelSpec } from '../architecture/model';
import type { ComponentId } from '../architecture/registry';
import { createRandom } from '../base/random';
import type { BackendId } from './backends/backend-report';
import type { ChosenBackend } from './backends/choose-backend';
import { createModel, type LessonBatch } from './model';
import type { Precision } from './ops/bfloat16';
import { createOptimizer } from './optimizers/optimizers';
import { trainStep } from './train-step';

export interface BenchmarkResult {
  /** Training FLOPs per second reached, counted as in a model's costs (forward and backward, 2 per multiply-add). */
  readonly flopsPerSecond: number;
  readonly backend: BackendId;
  /** Threads of the backend, if it says so. */
  readonly threads: number | null;
  /** Steps that were timed, and for how long. */
  readonly steps: number;
  readonly elapsedMs: number;
  /** Hidden size of the model that was trained: smaller on slow engines. */
  readonly hidden: number;
}

export interface BenchmarkOptions {
  readonly precision?: Precision;
  /** How long to measure; two seconds when left out. */
  readonly durationMs?: number;
  readonly signal?: AbortSignal;
}

/** From smallest to largest: a slow engine stops at a small one, a fast one is measured at work it is made for. */
const sizes = [
  { hidden: 32, layers: 1, vocab: 256, context: 32, batch: 1 },
  { hidden: 64, layers: 2, vocab: 512, context: 64, batch: 2 },
  { hidden: 128, layers: 2, vocab: 1024, context: 128, batch: 4 },
  { hidden: 256, layers: 3, vocab: 4096, context: 256, batch: 4 },
] as const;

/** A step longer than this makes the next size too slow to be measured in time. */
const longStepMs = 60;

/**
 * Trains a small fixed model on random tokens for about two seconds and says how many FLOPs per second this machine
 * reaches: forward, backward and optimizer, with the backend in use. Throws the signal's reason when aborted.
 */
export async function benchmarkMachine(
  chosen: ChosenBackend,
  options: BenchmarkOptions = {},
): Promise<BenchmarkResult> {
  const { precision = 'fp32', durationMs = 2000, signal } = options;
  const started = performance.now();
  const remaining = () => durationMs - (performance.now() - started);
  let measured = { steps: 0, elapsedMs: 0, flops: 0, hidden: 0 };
  for (const [index, size] of sizes.entries()) {
    const spec = benchmarkModel(size);
    const model = createModel(spec, { seed: 1 });
    const optimizer = createOptimizer(adamw, model);
    const flopsPerStep = costsOf(spec).trainingFlopsPerToken * size.batch * size.context;
    const lesson = randomLesson(size);
    const timeStep = async (): Promise<number> => {
      const before = performance.now();
      trainStep(model, optimizer, [lesson], { learningRate: 1e-3, clip: 1, precision });
      const elapsedMs = performance.now() - before;
      await new Promise(resolve => setImmediate(resolve));
      signal?.throwIfAborted();
      return elapsedMs;
    };
    try {
      // The first step pays for buffers and compilation; the second is the one that counts.
      await timeStep();
      const stepMs = await timeStep();
      measured = { steps: 1, elapsedMs: stepMs, flops: flopsPerStep, hidden: size.hidden };
      const last = index === sizes.length - 1 || stepMs > longStepMs;
      while (last && remaining() > 0) {
        measured.elapsedMs += await timeStep();
        measured.steps++;
        measured.flops += flopsPerStep;
      }
      if (last) break;
    } finally {
      optimizer.dispose();
      model.dispose();
    }
  }
  const { steps, elapsedMs, flops, hidden } = measured;
  const flopsPerSecond = (1000 * flops) / elapsedMs;
  return { flopsPerSecond, backend: chosen.id, threads: threadsOf(chosen), steps, elapsedMs, hidden };
}

/** Backends report threads in words such as `2 of 4 cores`. */
function threadsOf({ report }: ChosenBackend): number | null {
  const words = report.details.find(({ name }) => name === 'threads')?.value;
  const count = Number.parseInt(words ?? '', 10);
  return Number.isNaN(count) ? null : count;
}

type Size = (typeof sizes)[number];

const adamw = {
  id: 'optimizer.adamw',
  config: { lr: 1e-3, betas: [0.9, 0.95], epsilon: 1e-8, weight_decay: 0.1 },
} as const;

/** A Llama of the given size: all that is not said is the registry's default. */
function benchmarkModel({ hidden, layers, vocab, context }: Size): ModelSpec {
  const instance = <Id extends ComponentId>(id: Id, config: Config = {}) => ({ id, config });
  const [norm, position] = [instance('norm.rms'), instance('position.rope')];
  return completeModel({
    name: 'benchmark',
    vocab,
    context,
    hidden,
    tied: true,
    initStd: 0.02,
    embedding: instance('embedding.token'),
    position,
    kinds: [
      {
        name: 'block',
        parallel: false,
        branches: [
          { kind: 'attention', body: instance('attention.gqa', { heads: hidden / 32 }), norm, position },
          { kind: 'ffn', body: instance('ffn.swiglu', { width: 4 * hidden }), norm, position },
        ],
      },
    ],
    stack: Array.from({ length: layers }, () => 'block'),
    finalNorm: norm,
    head: instance('head.linear'),
  });
}

function randomLesson({ batch, context: seq, vocab }: Size): LessonBatch {
  const random = createRandom(1);
  const draw = () => Int32Array.from({ length: batch * seq }, () => random.below(vocab));
  return { batch, seq, inputs: draw(), targets: draw() };
}
