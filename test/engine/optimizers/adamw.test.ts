import { memory } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { disposeGradients } from '../../../src/engine/gradients';
import { createModel, type Model } from '../../../src/engine/model';
import type { Optimizer } from '../../../src/engine/optimizers/optimizer';
import { createOptimizer } from '../../../src/engine/optimizers/optimizers';
import { describeOnBackends } from '../../support/backends';
import { largestDifference, randomLesson } from '../../support/lessons';
import { buildSpec, use } from '../../support/specs';

const spec = buildSpec({
  name: 'adamw',
  vocab: 32,
  context: 8,
  hidden: 8,
  tied: false,
  initStd: 0.1,
  layers: {
    block: { norm: use('norm.layer'), attention: use('attention.gqa', { heads: 2, bias: 'all' }), ffn: use('ffn.mlp') },
  },
});
const settings = { lr: 1e-2, betas: [0.8, 0.9], epsilon: 1e-6, weight_decay: 0.5 };
const adamw = { id: 'optimizer.adamw', config: settings } as const;

function step(model: Model, optimizer: Optimizer, seed: number, learningRate = 0.01, gradientScale = 1): void {
  const { gradients } = model.lossAndGradients(randomLesson(spec, 2, 8, seed));
  optimizer.update(gradients, { learningRate, gradientScale });
  disposeGradients(gradients);
}

describeOnBackends('AdamW', () => {
  it('moves every tensor as its formula says, and lets only matrices decay', () => {
    const model = createModel(spec, { seed: 1 });
    const optimizer = createOptimizer(adamw, model);
    const [beta1 = 0, beta2 = 0] = settings.betas;
    const expected = new Map(
      model.table.map(({ path, role }) => {
        const start = model.readWeight(path);
        const decay = role === 'matmul' || role === 'lookup' ? 0.5 : 0;
        return [
          path,
          { decay, p: Float64Array.from(start), m: new Float64Array(start.length), v: new Float64Array(start.length) },
        ];
      }),
    );
    for (let t = 1; t <= 3; t++) {
      const learningRate = 0.01 * t;
      const { gradients } = model.lossAndGradients(randomLesson(spec, 2, 8, t));
      for (const [path, gradient] of gradients) {
        const state = expected.get(path);
        if (state === undefined) throw new Error(path);
        for (const [index, raw] of gradient.dataSync().entries()) {
          const g = 0.5 * raw;
          const m = beta1 * (state.m[index] ?? 0) + (1 - beta1) * g;
          const v = beta2 * (state.v[index] ?? 0) + (1 - beta2) * g * g;
          const p = state.p[index] ?? 0;
          const direction = m / (1 - beta1 ** t) / (Math.sqrt(v / (1 - beta2 ** t)) + settings.epsilon);
          state.m[index] = m;
          state.v[index] = v;
          state.p[index] = p - learningRate * state.decay * p - learningRate * direction;
        }
      }
      optimizer.update(gradients, { learningRate, gradientScale: 0.5 });
      disposeGradients(gradients);
    }
    expect(optimizer.steps).toBe(3);
    for (const [path, { p }] of expected) expect(largestDifference(model.readWeight(path), p), path).toBeLessThan(2e-5);
    optimizer.dispose();
    model.dispose();
  });

  it('goes on bit for bit from saved state', () => {
    const model = createModel(spec, { seed: 1 });
    const optimizer = createOptimizer(adamw, model);
    step(model, optimizer, 1);
    step(model, optimizer, 2);
    const weights = new Map(model.table.map(({ path }) => [path, model.readWeight(path)]));
    const state = new Map(optimizer.state.map(({ name }) => [name, optimizer.readState(name)]));
    step(model, optimizer, 3);

    const copy = createModel(spec, { weights });
    const restored = createOptimizer(adamw, copy);
    for (const [name, data] of state) restored.writeState(name, data);
    restored.restoreSteps(2);
    step(copy, restored, 3);
    for (const { path } of model.table) expect(copy.readWeight(path)).toEqual(model.readWeight(path));
    for (const { name } of optimizer.state) expect(restored.readState(name)).toEqual(optimizer.readState(name));
    for (const each of [restored, copy, optimizer, model]) each.dispose();
  });

  it('names its state after the tensors, in two shapes of the same', () => {
    const model = createModel(spec, { seed: 1 });
    const optimizer = createOptimizer(adamw, model);
    const shapes = new Map(optimizer.state.map(({ name, shape }) => [name, shape]));
    expect(shapes.size).toBe(2 * model.trainable.size);
    expect(shapes.get('first_moment.layers.0.attention.query')).toEqual([8, 8]);
    expect(() => optimizer.readState('nothing')).toThrow("got 'nothing'");
    expect(() => optimizer.writeState('first_moment.head.weight', new Float32Array(1))).toThrow('Expected 256 numbers');
    for (const each of [optimizer, model]) each.dispose();
  });

  it('leaks no tensor and gives everything back', () => {
    const before = memory().numTensors;
    const model = createModel(spec, { seed: 1 });
    const optimizer = createOptimizer(adamw, model);
    step(model, optimizer, 1);
    const during = memory().numTensors;
    step(model, optimizer, 2);
    expect(memory().numTensors).toBe(during);
    for (const each of [optimizer, model]) each.dispose();
    expect(memory().numTensors).toBe(before);
  });
});
