import { memory } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { useBackend } from '../../src/engine/backends/choose-backend';
import { createModel, type LessonBatch } from '../../src/engine/model';
import { createOptimizer } from '../../src/engine/optimizers/optimizers';
import { trainStep } from '../../src/engine/train-step';
import { describeOnBackends, presentBackends } from '../support/backends';
import { largestDifference, randomLesson } from '../support/lessons';
import { sampleSpecs } from '../support/sample-specs';
import { buildSpec, nested, use } from '../support/specs';

const spec = buildSpec({
  vocab: 32,
  hidden: 16,
  layers: { block: { attention: use('attention.gqa', { heads: 2 }), ffn: use('ffn.swiglu', { width: 32 }) } },
});
const adamw = {
  id: 'optimizer.adamw',
  config: { lr: 1e-2, betas: [0.9, 0.95], epsilon: 1e-8, weight_decay: 0.1 },
} as const;
const plain = { learningRate: 0.01, clip: null, precision: 'fp32' } as const;

function started(seed = 1) {
  const model = createModel(spec, { seed });
  const optimizer = createOptimizer(adamw, model);
  const weights = () => model.table.flatMap(({ path }) => [...model.readWeight(path)]);
  const dispose = () => {
    optimizer.dispose();
    model.dispose();
  };
  return { model, optimizer, weights, dispose };
}

describeOnBackends('a training step', () => {
  const whole = { ...randomLesson(spec, 4, 8), targets: randomLesson(spec, 4, 8, 2).inputs };
  const half = (index: 0 | 1): LessonBatch => ({
    batch: 2,
    seq: 8,
    inputs: whole.inputs.slice(16 * index, 16 * index + 16),
    targets: whole.targets.slice(16 * index, 16 * index + 16),
  });

  it('does the same with two batches as with one of twice the size', () => {
    const [one, two] = [started(), started()];
    const first = trainStep(one.model, one.optimizer, [whole], plain);
    const second = trainStep(two.model, two.optimizer, [half(0), half(1)], plain);
    expect(second.loss).toBeCloseTo(first.loss, 5);
    expect(second.gradientNorm).toBeCloseTo(first.gradientNorm, 5);
    expect(largestDifference(two.weights(), one.weights())).toBeLessThan(1e-4);
    one.dispose();
    two.dispose();
  });

  it('clips the gradient that the optimizer sees, and reports the one before', () => {
    const [free, clipped] = [started(), started()];
    const { gradientNorm } = trainStep(free.model, free.optimizer, [whole], plain);
    const same = trainStep(clipped.model, clipped.optimizer, [whole], { ...plain, clip: gradientNorm / 4 });
    expect(same.gradientNorm).toBe(gradientNorm);
    const name = 'first_moment.layers.0.attention.query';
    const quarter = free.optimizer.readState(name).map(value => value / 4);
    expect(largestDifference(clipped.optimizer.readState(name), quarter)).toBeLessThan(1e-8);
    free.dispose();
    clipped.dispose();
  });

  it('changes nothing when the loss is not a number', () => {
    const { model, optimizer, weights, dispose } = started();
    model.writeWeight('final_norm.weight', new Float32Array(16).fill(Number.NaN));
    const before = weights();
    // The first pass also makes the tables of rope, which stay.
    model.loss(whole);
    const count = memory().numTensors;
    expect(trainStep(model, optimizer, [whole], plain)).toMatchObject({ updated: false, loss: Number.NaN });
    expect(weights()).toEqual(before);
    expect(optimizer.steps).toBe(0);
    expect(memory().numTensors).toBe(count);
    dispose();
  });

  it('counts the tokens of experts over all batches, and moves the correction bias against the load', () => {
    const router = nested('router.sigmoid', { bias_update: 0.125 });
    const ffn = use('ffn.moe', { experts: 8, top_k: 2, width: 8, router });
    const mixture = buildSpec({
      vocab: 32,
      hidden: 16,
      layers: { block: { attention: use('attention.gqa', { heads: 2 }), ffn } },
    });
    const model = createModel(mixture, { seed: 1 });
    const optimizer = createOptimizer(adamw, model);
    const { expertLoads } = trainStep(model, optimizer, [half(0), half(1)], plain);
    const load = [...(expertLoads.get('layers.0.ffn') ?? [])];
    // 32 tokens with 2 of 8 experts each: 8 on average.
    expect(load.reduce((total, tokens) => total + tokens, 0)).toBe(64);
    expect(new Set(load).size).toBeGreaterThan(1);
    const bias = [...model.readWeight('layers.0.ffn.router_correction')];
    expect(bias).toEqual(load.map(tokens => 0.125 * Math.sign(8 - tokens)));
    optimizer.dispose();
    model.dispose();
  });

  it('learns a batch by heart, the same way every time', () => {
    const learn = () => {
      const { model, optimizer, dispose } = started();
      const losses = Array.from(
        { length: 25 },
        () => trainStep(model, optimizer, [half(0)], { ...plain, learningRate: 0.03 }).loss,
      );
      dispose();
      return losses;
    };
    const losses = learn();
    expect(losses[0]).toBeCloseTo(Math.log(32), 0);
    expect(losses.at(-1)).toBeLessThan(0.5);
    expect(learn()).toEqual(losses);
  });
});

describe('all backends', () => {
  it.each(Object.entries(sampleSpecs))('train alike: %s', async (_name, sample) => {
    const losses: number[][] = [];
    for (const backend of presentBackends) {
      await useBackend(backend);
      const model = createModel(sample, { seed: 5 });
      const optimizer = createOptimizer(adamw, model);
      losses.push(
        [1, 2, 3, 4, 5].map(
          seed => trainStep(model, optimizer, [randomLesson(sample, 2, 12, seed)], { ...plain, clip: 1 }).loss,
        ),
      );
      optimizer.dispose();
      model.dispose();
    }
    const [first = [], ...others] = losses;
    expect(first.length).toBe(5);
    for (const other of others) expect(largestDifference(other, first)).toBeLessThan(1e-4);
  });
});
