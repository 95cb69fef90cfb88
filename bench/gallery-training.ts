import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelSpec } from '../src/architecture/model';
import { prepareData } from '../src/data/prepare-data';
import { createTrainingBatches } from '../src/data/training-batches';
import { createModel, type LessonBatch } from '../src/engine/model';
import { createOptimizer } from '../src/engine/optimizers/optimizers';
import { trainStep } from '../src/engine/train-step';
import { analyze } from '../src/language/analysis/analyze';

/** The tiny models of the gallery, by the names of their files. */
export function tinyModels(root: string): ModelSpec[] {
  const folder = join(root, 'gallery');
  return readdirSync(folder)
    .sort()
    .flatMap(file => analyze(readFileSync(join(folder, file), 'utf8')).file.models.map(({ spec }) => spec))
    .filter((spec): spec is ModelSpec => spec?.name.startsWith('tiny_') === true);
}

/** Highest learning rate of a run. */
export const peakRate = 3e-3;
const adamw = {
  id: 'optimizer.adamw',
  config: { lr: peakRate, betas: [0.9, 0.95], epsilon: 1e-8, weight_decay: 0.1 },
} as const;

/** A training that goes step by step. */
export interface Trainer {
  /** The loss before the step, in nats per token, without what prediction modules and balancing add. */
  step(lesson: LessonBatch, learningRate: number): number;
  dispose(): void;
}

/** Prediction modules train with the usual tenth of the weight. */
export function trainerOf(spec: ModelSpec): Trainer {
  const model = createModel(spec, { seed: 1 });
  const optimizer = createOptimizer(adamw, model);
  const mtpWeight = spec.mtp === undefined ? 0 : 0.1;
  return {
    step: (lesson, learningRate) =>
      trainStep(model, optimizer, [lesson], { learningRate, clip: 1, precision: 'fp32', mtpWeight }).loss,
    dispose() {
      optimizer.dispose();
      model.dispose();
    },
  };
}

/** Losses of a whole run: warm-up over a tenth of the steps, then a cosine down to a tenth of the rate. */
export function trainOn(spec: ModelSpec, lessons: readonly LessonBatch[]): number[] {
  const trainer = trainerOf(spec);
  const losses = lessons.map((lesson, index) => {
    const warmup = Math.min(1, (10 * (index + 1)) / lessons.length);
    const cosine = 0.1 + 0.45 * (1 + Math.cos((Math.PI * index) / lessons.length));
    return trainer.step(lesson, peakRate * warmup * cosine);
  });
  trainer.dispose();
  return losses;
}

/** What a run ends with: the mean of its last ten losses. */
export const lossAtEnd = (losses: readonly number[]): number =>
  losses.slice(-10).reduce((sum, loss) => sum + loss, 0) / Math.min(10, losses.length);

export interface LessonSettings {
  /** Size of a byte-pair vocabulary made from the text; 256 is the bytes themselves. */
  readonly vocab: number;
  readonly steps: number;
  readonly batch: number;
  readonly context: number;
}

/** The batches of a run on Moby-Dick, always the same ones. */
export async function mobyDickLessons(
  { vocab, steps, batch, context }: LessonSettings,
  folders: { readonly root: string; readonly cacheDir: string },
): Promise<LessonBatch[]> {
  const tokenizer = vocab === 256 ? ({ kind: 'bytes' } as const) : ({ kind: 'bpe', vocab } as const);
  const data = await prepareData({ source: 'moby-dick', tokenizer, holdout: 0.05 }, folders);
  if (data.value === null) throw new Error(data.problems[0]?.what);
  const stream = createTrainingBatches(data.value.train, { batch, seq: context, seed: 1 }).value;
  if (stream === null) throw new Error('Expected a text long enough for a batch.');
  const lessons = Array.from({ length: steps }, () => stream.next());
  data.value.close();
  return lessons;
}

/** Entropy in nats of the targets as if each stood alone: what a model reaches without looking at anything. */
export function unigramEntropy(lessons: readonly LessonBatch[]): number {
  const counts = new Map<number, number>();
  let all = 0;
  for (const { targets } of lessons) {
    for (const id of targets) {
      counts.set(id, (counts.get(id) ?? 0) + 1);
      all++;
    }
  }
  return [...counts.values()].reduce((sum, count) => sum - (count / all) * Math.log(count / all), 0);
}
