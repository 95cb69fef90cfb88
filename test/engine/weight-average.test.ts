import { memory } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { createModel } from '../../src/engine/model';
import { createOptimizer } from '../../src/engine/optimizers/optimizers';
import { trainStep } from '../../src/engine/train-step';
import { createWeightAverage } from '../../src/engine/weight-average';
import { describeOnBackends } from '../support/backends';
import { largestDifference, randomLesson } from '../support/lessons';
import { buildSpec, nested, use } from '../support/specs';

const spec = buildSpec({
  vocab: 32,
  context: 8,
  hidden: 8,
  layers: {
    block: {
      attention: use('attention.gqa', { heads: 2 }),
      ffn: use('ffn.moe', { experts: 3, width: 6, router: nested('router.sigmoid', { bias_update: 0.1 }) }),
    },
  },
});
const decay = 0.8;
const lesson = randomLesson(spec, 2, 8);

function trained(steps: number) {
  const model = createModel(spec, { seed: 1 });
  const optimizer = createOptimizer(nested('optimizer.adamw') as never, model);
  const average = createWeightAverage(model, decay);
  const weights = () => new Map(model.table.map(({ path }) => [path, model.readWeight(path)]));
  const seen: ReturnType<typeof weights>[] = [];
  for (let step = 1; step <= steps; step++) {
    trainStep(model, optimizer, [lesson], { learningRate: 0.01, clip: null, precision: 'fp32' });
    average.update(step);
    seen.push(weights());
  }
  const dispose = () => {
    for (const each of [average, optimizer, model]) each.dispose();
  };
  return { model, average, weights, seen, dispose };
}

describeOnBackends('an average of the weights', () => {
  it('is the weighted mean of what the weights were, and in its place while it is used', () => {
    const { model, average, weights, seen, dispose } = trained(5);
    const before = weights();
    const [loss, buffer] = [model.loss(lesson), model.readWeight('layers.0.ffn.router_correction')];
    const giveBack = average.use();
    const used = weights();
    const total = seen.reduce((sum, _, index) => sum + decay ** index, 0);
    for (const path of average.paths) {
      const mean = new Float64Array(used.get(path)?.length ?? 0);
      for (const [index, values] of [...seen].reverse().entries()) {
        for (const [i, value] of (values.get(path) ?? []).entries())
          mean[i] = (mean[i] ?? 0) + (decay ** index / total) * value;
      }
      expect(largestDifference(used.get(path) ?? [], mean), path).toBeLessThan(1e-6);
      expect(used.get(path)).not.toEqual(before.get(path));
    }
    // What no gradient moves is not averaged.
    expect(average.paths).not.toContain('layers.0.ffn.router_correction');
    expect(used.get('layers.0.ffn.router_correction')).toEqual(buffer);
    const copy = createModel(spec, { weights: used });
    expect(model.loss(lesson)).toBe(copy.loss(lesson));
    copy.dispose();
    giveBack();
    expect(weights()).toEqual(before);
    expect(model.loss(lesson)).toBe(loss);
    dispose();
  });

  it('is the weights themselves after one step', () => {
    const { average, weights, dispose } = trained(1);
    const before = weights();
    average.use()();
    const giveBack = average.use();
    expect(weights()).toEqual(before);
    giveBack();
    dispose();
  });

  it('stays as it is while the weights move on, and leaks nothing', () => {
    // The tables of rope are made once.
    trained(1).dispose();
    const empty = memory().numTensors;
    const { model, average, weights, dispose } = trained(2);
    const count = memory().numTensors;
    const read = () => {
      const giveBack = average.use();
      const values = weights();
      giveBack();
      return values;
    };
    const before = read();
    for (const path of average.paths) model.writeWeight(path, model.readWeight(path).fill(1));
    expect(read()).toEqual(before);
    for (const path of average.paths) average.write(path, model.readWeight(path));
    for (const path of average.paths)
      expect(
        read()
          .get(path)
          ?.every(value => value === 1),
      ).toBe(true);
    expect(memory().numTensors).toBe(count);
    expect(() => average.write('head.weight', new Float32Array(1))).toThrow("got 'head.weight'");
    expect(() => average.write('embedding.table', new Float32Array(1))).toThrow('Expected 256 numbers');
    dispose();
    expect(memory().numTensors).toBe(empty);
  });
});
