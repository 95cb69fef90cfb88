import type { ModelSpec } from '../../src/architecture/model';
import { createRandom } from '../../src/base/random';
import { createModel, type LessonBatch, type Model } from '../../src/engine/model';
import { livelyValues } from './lively-values';

/** Random tokens with random targets, a few of them without one. */
export function randomLesson({ vocab }: Pick<ModelSpec, 'vocab'>, batch: number, seq: number, seed = 1): LessonBatch {
  const random = createRandom(seed);
  const draw = () => Int32Array.from({ length: batch * seq }, () => random.below(vocab));
  const inputs = draw();
  const targets = draw().map((target, index) => (index % 7 === 5 ? -1 : target));
  return { batch, seq, inputs, targets };
}

/** A model whose tensors all differ from their neutral values, so that leaving one out changes the result. */
export function lively(spec: ModelSpec, seed = 1, deviation?: number): Model {
  const model = createModel(spec, { seed });
  const random = createRandom(seed).split('lively');
  for (const entry of model.table)
    model.writeWeight(
      entry.path,
      livelyValues(entry, model.readWeight(entry.path), random.split(entry.path), deviation),
    );
  return model;
}

/** Largest absolute difference of two equally long lists. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`Expected ${expected.length} numbers, got ${actual.length}.`);
  let largest = 0;
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs((actual[index] ?? Number.NaN) - (expected[index] ?? Number.NaN));
    // Written so that NaN counts as a difference.
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
