import { memory } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Slot } from '../../../src/architecture/component';
import { disposeGradients } from '../../../src/engine/gradients';
import type { LessonBatch, Model, TokenBatch } from '../../../src/engine/model';
import { describeOnBackends } from '../../support/backends';
import { largestDifference, lively, randomLesson } from '../../support/lessons';
import { type Variant, variantsOf } from '../../support/variants';
import { specOf } from '../../support/written-specs';

/** Slots whose components see tensors. */
const slots: readonly Slot[] = [
  'embedding',
  'position',
  'scaling',
  'norm',
  'attention',
  'mixer',
  'ffn',
  'router',
  'head',
];
const variants = variantsOf(slots);

/** Settings that a pass over a text does not see, with the reason. */
const unseen: Readonly<Record<string, string>> = {
  'norm.rms epsilon': 'too small to show',
  'norm.layer epsilon': 'too small to show',
  'norm.rms unit_offset': 'the same numbers, stored as their distance from 1',
  'norm.layer unit_offset': 'the same numbers, stored as their distance from 1',
  'attention.mla latent_epsilon': 'too small to show',
  'router.sigmoid correction_bias = parameter': 'the same numbers, counted',
  'router.sigmoid bias_update': 'moves the bias after a step',
};

/**
 * How far scores computed in another order may lie apart, where it is more than 3e-5. Keys of two dimensions are often near zero, and
 * bringing them to unit length makes much of rounding: the last bit of every weight alone moves these scores by up to 4e-5.
 */
const roundingOf: Readonly<Record<string, number>> = { 'mixer.kda head_dim = 2': 1.5e-4 };

const seq = 13;

describeOnBackends('one setting changed', () => {
  it.each(variants.map(variant => [variant.name, variant] as const))('%s', (name, variant) => {
    const before = memory().numTensors;
    const model = lively(specOf(variant.text));
    const lesson = randomLesson(model.spec, 2, seq);
    const scores = model.logits(lesson);
    expect(scores.every(Number.isFinite)).toBe(true);
    const rounding = roundingOf[name] ?? 3e-5;
    expectNoLookAhead(model, lesson, scores);
    expectPrefixesAlike(model, lesson, scores, rounding);
    expectRowsApart(model, lesson, scores, rounding);
    expectSameByDecoding(model, lesson, scores, rounding);
    expectSlope(model, lesson);
    if (variant.text !== variant.base && !Object.keys(unseen).some(start => name.startsWith(start))) {
      expectAnotherModel(variant, lesson, scores);
    }
    model.dispose();
    expect(memory().numTensors - before, 'tensors left behind').toBe(0);
  });
});

describe('the list of variants', () => {
  it('holds every word of every choice and every switch, and exempts nothing that is gone', () => {
    const names = variants.map(({ name }) => name);
    expect(names).toContain('attention.gqa gate = fused');
    expect(names).toContain('attention.gqa sinks = true');
    expect(names).toContain('attention.gqa chunk = 5');
    for (const start of Object.keys(unseen))
      expect(
        names.some(name => name.startsWith(start)),
        start,
      ).toBe(true);
  });
});

/** Scores of earlier tokens keep their bits when later tokens change. */
function expectNoLookAhead(model: Model, lesson: LessonBatch, scores: Float32Array): void {
  const { vocab } = model.spec;
  const [kept, row] = [7, seq * vocab];
  const inputs = lesson.inputs.map((id, index) => (index % seq >= kept ? (id + 1) % vocab : id));
  const changed = model.logits({ ...lesson, inputs });
  for (const start of [0, row]) {
    expect(changed.slice(start, start + kept * vocab)).toEqual(scores.slice(start, start + kept * vocab));
  }
  expect(changed).not.toEqual(scores);
}

/** Texts of any length, one token included, have the scores of the longer text that they begin. */
function expectPrefixesAlike(model: Model, lesson: LessonBatch, scores: Float32Array, rounding: number): void {
  const { vocab } = model.spec;
  for (const length of [1, 8, 11]) {
    const alone = model.logits({ batch: 1, seq: length, inputs: lesson.inputs.slice(0, length) });
    expect(largestDifference(alone, scores.slice(0, length * vocab)), `${length} tokens`).toBeLessThan(rounding);
  }
}

/** A sequence has the same scores whatever stands beside it. */
function expectRowsApart(model: Model, { inputs }: TokenBatch, scores: Float32Array, rounding: number): void {
  const second = model.logits({ batch: 1, seq, inputs: inputs.slice(seq) });
  expect(largestDifference(second, scores.slice(scores.length / 2)), 'the second sequence alone').toBeLessThan(
    rounding,
  );
}

/** Decoding with a cache, token by token and in portions, gives the scores of the whole text. */
function expectSameByDecoding(model: Model, { inputs }: TokenBatch, scores: Float32Array, rounding: number): void {
  const { vocab } = model.spec;
  for (const portions of [Array.from({ length: seq }, () => 1), [4, 1, 6, 2]]) {
    const cache = model.createCache();
    let done = 0;
    for (const portion of portions) {
      const next = Int32Array.from([0, seq].flatMap(row => [...inputs.slice(row + done, row + done + portion)]));
      const last = model.decode({ batch: 2, seq: portion, inputs: next }, cache);
      done += portion;
      const expected = [0, seq].flatMap(row => [...scores.slice((row + done - 1) * vocab, (row + done) * vocab)]);
      expect(largestDifference(last, expected), `decoded in ${portions.length} steps, at ${done}`).toBeLessThan(
        rounding,
      );
    }
    cache.dispose();
  }
}

/** Along its gradient, all tensors at once, the loss rises by the length of the gradient. */
function expectSlope(model: Model, lesson: LessonBatch): void {
  const { gradients } = model.lossAndGradients(lesson);
  const slopes = [...gradients].map(
    ([path, gradient]) => [path, gradient.dataSync<'float32'>().slice(), model.readWeight(path)] as const,
  );
  disposeGradients(gradients);
  const length = Math.hypot(...slopes.map(([, slope]) => Math.hypot(...slope)));
  const lossAt = (step: number) => {
    const loads: string[] = [];
    for (const [path, slope, origin] of slopes) {
      model.writeWeight(
        path,
        origin.map((value, index) => value + (step * (slope[index] ?? 0)) / length),
      );
    }
    return {
      loss: model.loss(lesson, { onExpertLoad: (_layer, load) => loads.push(String(load)) }),
      loads: String(loads),
    };
  };
  const lossesAt = (step: number) => {
    const [up, down] = [lossAt(step), lossAt(-step)];
    return { step, up, down, slope: (up.loss - down.loss) / (2 * step) };
  };
  // A token that changes its experts makes the loss jump, which no gradient sees, and keys of a few dimensions bend it sharply when
  // they are brought to unit length: the step shrinks until neither shows, the latter in that half of it measures the same.
  let around = lossesAt(0.001);
  const smooth = () => Math.abs(around.slope - lossesAt(around.step / 2).slope) < 0.01 * length;
  while ((around.up.loads !== around.down.loads || !smooth()) && around.step > 0.00002)
    around = lossesAt(around.step / 2);
  lossAt(0);
  const { step, up, down, slope: measured } = around;
  expect(up.loads, 'the experts on both sides').toBe(down.loads);
  expect(Math.abs(measured - length), `slope ${measured} and ${length}`).toBeLessThan(0.02 * length + 1.2e-6 / step);
}

/** A setting that changes nothing is either not read, or belongs in the list of those that a pass cannot see. */
function expectAnotherModel({ base }: Variant, lesson: LessonBatch, scores: Float32Array): void {
  const model = lively(specOf(base));
  expect(largestDifference(model.logits(lesson), scores), 'nothing changed').toBeGreaterThan(1e-4);
  model.dispose();
}
