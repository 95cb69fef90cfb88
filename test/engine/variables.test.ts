import { expect, it } from 'vitest';
import type { Init } from '../../src/architecture/component';
import { type ModelWeight, modelWeights } from '../../src/architecture/model';
import { createRandom } from '../../src/base/random';
import { createModel, type Model } from '../../src/engine/model';
import { drawWeight } from '../../src/engine/variables';
import { describeOnBackends } from '../support/backends';
import { buildSpec, type ModelSketch, use } from '../support/specs';

const sketch: ModelSketch = {
  vocab: 50,
  hidden: 64,
  initStd: 0.05,
  layers: {
    block: {
      norm: use('norm.rms', { place: 'sandwich', unit_offset: true }),
      attention: use('attention.gqa', { heads: 2, qk_norm: 'head', bias: 'all' }),
      ffn: use('ffn.swiglu', { width: 128 }),
    },
  },
  stack: ['block', 'block', 'block', 'block', 'block', 'block', 'block', 'block'],
};
const spec = buildSpec(sketch);

describeOnBackends('fresh weights', () => {
  const using = <T>(model: Model, work: (model: Model) => T): T => {
    try {
      return work(model);
    } finally {
      model.dispose();
    }
  };

  it('are drawn as the table says', () => {
    using(createModel(spec, { seed: 1 }), model => {
      for (const entry of model.table) expectDraw(entry, model.readWeight(entry.path));
    });
  });

  function expectDraw({ path, init }: ModelWeight, data: Float32Array): void {
    if (init.kind === 'constant') {
      expect(
        data.every(value => value === init.value),
        path,
      ).toBe(true);
      return;
    }
    if (init.kind !== 'normal' && init.kind !== 'residual') throw new Error(`Expected no ${init.kind} here: ${path}.`);
    // Eight layers: what is added to the residual stream is drawn four times smaller.
    const expected = init.kind === 'residual' ? init.std / 4 : init.std;
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
    expect(Math.abs(deviation / expected - 1), path).toBeLessThan(0.06);
  }

  it('spread the time scales of recurrences', () => {
    const draw = (init: Init) => {
      const entry = modelWeights(spec)[0];
      if (entry === undefined) throw new Error('Expected a tensor.');
      return drawWeight({ ...entry, init, shape: { channels: 500, state: 8 } }, 4, createRandom(1));
    };
    expect(draw({ kind: 'log-count' }).slice(8, 16)).toEqual(
      Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8], count => Math.log(count)),
    );
    const span = (values: Float32Array, change: (value: number) => number) => {
      const all = [...values].map(change).sort((left, right) => left - right);
      return [all[0], all[2000], all.at(-1)].map(value => Number((value ?? Number.NaN).toPrecision(2)));
    };
    expect(span(draw({ kind: 'uniform', limit: 0.5 }), value => value)).toEqual([-0.5, expect.closeTo(0, 1), 0.5]);
    expect(span(draw({ kind: 'log-uniform', low: 1, high: 16 }), Math.exp)).toEqual([1, expect.closeTo(8.5, 0), 16]);
    const softplus = (value: number) => Math.log1p(Math.exp(value));
    expect(span(draw({ kind: 'inverse-softplus', low: 0.001, high: 0.1 }), softplus)).toEqual([
      0.001,
      expect.closeTo(0.01, 2),
      0.1,
    ]);
  });

  it('are the same for the same seed, others for another', () => {
    const query = (seed: number) =>
      using(createModel(spec, { seed }), model => model.readWeight('layers.0.attention.query'));
    expect(query(1)).toEqual(query(1));
    expect(query(1)).not.toEqual(query(2));
  });

  it('do not depend on what else the model has', () => {
    const shallow = buildSpec({ ...sketch, tied: false, stack: sketch.stack?.slice(0, 4) ?? [] });
    const [deep, other] = [spec, shallow].map(each =>
      using(createModel(each, { seed: 1 }), model => ['embedding.table', 'layers.3.ffn.gate'].map(model.readWeight)),
    );
    expect(other).toEqual(deep);
  });

  it('differ from tensor to tensor', () => {
    using(createModel(spec, { seed: 1 }), model => {
      const firsts = model.table
        .filter(({ init }) => init.kind !== 'constant')
        .map(({ path }) => model.readWeight(path)[0]);
      expect(new Set(firsts).size).toBe(firsts.length);
    });
  });

  it('can be given, and are copied', () => {
    const weights = new Map(modelWeights(spec).map(({ path, shape }) => [path, constant(shape, 0.5)]));
    using(createModel(spec, { weights }), model => {
      weights.get('embedding.table')?.fill(9);
      expect(model.readWeight('embedding.table')[0]).toBe(0.5);
      const fresh = constant({ vocab: 50, hidden: 64 }, 2);
      model.writeWeight('embedding.table', fresh);
      fresh.fill(3);
      expect(model.readWeight('embedding.table')[0]).toBe(2);
      // A tied head is the embedding under a second name.
      expect(model.readWeight('head.weight')[0]).toBe(2);
    });
  });

  it('are refused when one is missing or has another size', () => {
    const weights = new Map(modelWeights(spec).map(({ path, shape }) => [path, constant(shape, 0.5)]));
    weights.set('layers.2.ffn.up', new Float32Array(3));
    expect(() => createModel(spec, { weights })).toThrow("8192 numbers for 'layers.2.ffn.up' [128, 64], got 3");
    weights.delete('layers.2.ffn.up');
    expect(() => createModel(spec, { weights })).toThrow("weights for 'layers.2.ffn.up' [128, 64], got none");
  });
});

const constant = (shape: Readonly<Record<string, number>>, value: number): Float32Array =>
  new Float32Array(Object.values(shape).reduce((product, size) => product * size, 1)).fill(value);
