import { memory } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { Config } from '../../../src/architecture/component';
import { trainingMemory } from '../../../src/architecture/costs';
import { type ComponentId, components } from '../../../src/architecture/registry';
import { disposeGradients } from '../../../src/engine/gradients';
import { createModel, type Model } from '../../../src/engine/model';
import type { Optimizer } from '../../../src/engine/optimizers/optimizer';
import { createOptimizer } from '../../../src/engine/optimizers/optimizers';
import { trainStep } from '../../../src/engine/train-step';
import { describeOnBackends } from '../../support/backends';
import { randomLesson } from '../../support/lessons';
import { buildSpec, nested, use } from '../../support/specs';
import { tinyExperiment } from '../../support/tiny-experiment';

const router = nested('router.sigmoid', {});
const spec = buildSpec({
  name: 'optimized',
  vocab: 32,
  context: 8,
  hidden: 8,
  tied: false,
  initStd: 0.1,
  layers: {
    dense: { attention: use('attention.gqa', { heads: 2, bias: 'all' }), ffn: use('ffn.swiglu', { width: 20 }) },
    sparse: {
      mixer: use('mixer.mamba2', { head_dim: 8, heads: 2, state: 4 }),
      ffn: use('ffn.moe', { experts: 3, width: 6, bias: true, router }),
    },
  },
});

/** Every optimizer of the registry as it is when nothing is written, and in its other forms. */
const forms = components
  .filter(([, { slot }]) => slot === 'optimizer')
  .flatMap(([id, { fields }]) => {
    const changed = Object.entries(fields).flatMap(([name, field]): Config[] => {
      if (field.kind === 'boolean') return [{ [name]: field.default !== true }];
      if (field.kind === 'choice')
        return Object.keys(field.choices).flatMap(word => (word === field.default ? [] : [{ [name]: word }]));
      return name === 'momentum' || name === 'weight_decay' ? [{ [name]: 0 }] : [];
    });
    const all: readonly Config[] = [{}, ...changed];
    return all.map(settings => ({ id, settings, name: `${id} ${JSON.stringify(settings)}` }));
  });
type Form = (typeof forms)[number];

const instanceOf = ({ id, settings }: Form) => nested(id as ComponentId, settings) as never;
const rateOf = (form: Form) => (instanceOf(form) as { config: { lr: number } }).config.lr;
const weightsOf = (model: Model) => new Map(model.table.map(({ path }) => [path, model.readWeight(path)]));

function step(model: Model, optimizer: Optimizer, seed: number, learningRate: number): void {
  const { gradients } = model.lossAndGradients(randomLesson(spec, 2, 8, seed));
  optimizer.update(gradients, { learningRate, gradientScale: 1 });
  disposeGradients(gradients);
}

describeOnBackends('every optimizer', backend => {
  it.each(forms)('$name goes on bit for bit from saved state', form => {
    const model = createModel(spec, { seed: 1 });
    const optimizer = createOptimizer(instanceOf(form), model);
    const rate = rateOf(form);
    step(model, optimizer, 1, rate);
    step(model, optimizer, 2, rate);
    const weights = weightsOf(model);
    const state = new Map(optimizer.state.map(({ name }) => [name, optimizer.readState(name)]));
    step(model, optimizer, 3, rate);

    const copy = createModel(spec, { weights });
    const restored = createOptimizer(instanceOf(form), copy);
    for (const [name, data] of state) restored.writeState(name, data);
    restored.restoreSteps(2);
    step(copy, restored, 3, rate);
    expect(weightsOf(copy)).toEqual(weightsOf(model));
    for (const { name } of optimizer.state) expect(restored.readState(name)).toEqual(optimizer.readState(name));
    for (const each of [restored, copy, optimizer, model]) each.dispose();
  });

  it.each(forms)('$name keeps what its component declares, as the memory estimate counts it', form => {
    const model = createModel(spec, { seed: 1 });
    const optimizer = createOptimizer(instanceOf(form), model);
    const elements = optimizer.state.reduce((sum, { shape }) => sum + shape.reduce((size, each) => size * each, 1), 0);
    const { train } = tinyExperiment({ train: { optimizer: instanceOf(form) } });
    expect(4 * elements).toBe(trainingMemory({ model: spec, train }).optimizerBytes);
    expect(new Set(optimizer.state.map(({ name }) => name)).size).toBe(optimizer.state.length);
    for (const { name } of optimizer.state) expect(optimizer.readState(name).every(value => value === 0)).toBe(true);
    expect(() => optimizer.readState('nothing')).toThrow("got 'nothing'");
    for (const each of [optimizer, model]) each.dispose();
  });

  it.each(forms)('$name moves every tensor that has a gradient, and none by a rate of 0', form => {
    const model = createModel(spec, { seed: 1 });
    const optimizer = createOptimizer(instanceOf(form), model);
    const before = weightsOf(model);
    step(model, optimizer, 1, 0);
    expect(weightsOf(model)).toEqual(before);
    const { gradients } = model.lossAndGradients(randomLesson(spec, 2, 8, 2));
    const moving = [...gradients].filter(([, gradient]) => gradient.dataSync().some(value => value !== 0));
    // So large that what it adds is not rounded away.
    optimizer.update(gradients, { learningRate: rateOf(form), gradientScale: 1e4 });
    for (const [path] of moving) expect(model.readWeight(path), path).not.toEqual(before.get(path));
    expect(optimizer.steps).toBe(2);
    disposeGradients(gradients);
    for (const each of [optimizer, model]) each.dispose();
  });

  const plain = forms.filter(({ settings }) => Object.keys(settings).length === 0);
  it.each(plain)('$name lowers the loss within 30 steps, in fp32 and bf16, and leaks no tensor', form => {
    for (const precision of backend === 'native' ? (['fp32', 'bf16'] as const) : (['fp32'] as const)) {
      const before = memory().numTensors;
      const model = createModel(spec, { seed: 1 });
      const optimizer = createOptimizer(instanceOf(form), model);
      const lesson = randomLesson(spec, 4, 8);
      // A rate for a toy: gradient descent needs no more, the others move little in 30 steps at theirs.
      const learningRate = form.id === 'optimizer.sgd' ? rateOf(form) : 10 * rateOf(form);
      const losses = Array.from({ length: 30 }, (_, index) => {
        if (index === 1) expect(memory().numTensors).toBeGreaterThan(before);
        const { loss, updated } = trainStep(model, optimizer, [lesson], { learningRate, clip: 1, precision });
        expect(updated).toBe(true);
        return loss;
      });
      const during = memory().numTensors;
      trainStep(model, optimizer, [lesson], { learningRate, clip: 1, precision });
      expect(memory().numTensors).toBe(during);
      expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] ?? 0));
      for (const each of [optimizer, model]) each.dispose();
      expect(memory().numTensors).toBe(before);
    }
  });
});
