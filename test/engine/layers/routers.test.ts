import { add, mul, type Scalar, sigmoid, sum, type Tensor2D, tensor2d, tidy, variable } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { balanceExperts, collectExpertLoads } from '../../../src/engine/balance-experts';
import { disposeGradients, valueAndGradients } from '../../../src/engine/gradients';
import { balanceLoss } from '../../../src/engine/layers/router/balance-loss';
import { routerOf } from '../../../src/engine/layers/router/routers';
import { createModel } from '../../../src/engine/model';
import { describeOnBackends } from '../../support/backends';
import { specOf } from '../../support/written-specs';

const scores = [
  [2, 1, 0, -1],
  [1.5, 2, 0.2, -1],
  [3, 0, 0.1, 0.3],
];
const routers = {
  softmax: { renormalize: true, scale: 1, softcap: null, bias: false, aux_loss: 0, z_loss: 0 },
  sigmoid: {
    renormalize: true,
    scale: 1,
    correction_bias: 'none',
    bias_update: 0,
    groups: 1,
    top_groups: 1,
    aux_loss: 0,
  },
  input: { aux_loss: 0 },
} as const;

/** The gradient of (Σ weights of the choice, weighted by place) with respect to the scores. */
function gradientOf(
  word: keyof typeof routers,
  change: Record<string, number>,
  training: boolean,
  extra?: (z: Tensor2D) => Scalar,
) {
  const z = variable(tensor2d(scores));
  const config = { ...routers[word], ...change };
  const { value, gradients } = valueAndGradients(
    () => {
      const router = routerOf({ id: `router.${word}`, config });
      const { weights } = router.route(z as unknown as Tensor2D, { config, topK: 2, correction: null, training });
      const own = sum(mul(weights, tensor2d([[1, 2]]))) as Scalar;
      return extra === undefined ? own : (add(own, extra(z as unknown as Tensor2D)) as Scalar);
    },
    new Map([['z', z]]),
  );
  const result = { value: value.dataSync()[0] ?? 0, gradient: [...(gradients.get('z')?.dataSync() ?? [])] };
  value.dispose();
  disposeGradients(gradients);
  z.dispose();
  return result;
}

describeOnBackends('auxiliary losses', () => {
  it.each(['softmax', 'sigmoid', 'input'] as const)(
    'of %s change gradients, not values, and only in training',
    word => {
      const plain = gradientOf(word, {}, true);
      const balanced = gradientOf(word, { aux_loss: 0.5 }, true);
      expect(balanced.value).toBe(plain.value);
      expect(balanced.gradient).not.toEqual(plain.gradient);
      expect(gradientOf(word, { aux_loss: 0.5 }, false)).toEqual(plain);
    },
  );

  it('have the gradient of the loss added in the open', () => {
    const chosen = Int32Array.of(0, 1, 1, 0, 0, 3);
    const tied = gradientOf('sigmoid', { aux_loss: 0.5 }, true);
    const open = gradientOf('sigmoid', {}, true, z => balanceLoss(sigmoid(z), chosen, 0.5));
    tied.gradient.forEach((slope, index) => {
      expect(slope).toBeCloseTo(open.gradient[index] ?? Number.NaN, 6);
    });
  });

  it('make the squared log-sum-exp smaller', () => {
    const { gradient } = gradientOf('softmax', { z_loss: 1 }, true);
    const plain = gradientOf('softmax', {}, true).gradient;
    // Every row has a positive log-sum-exp here, so every score is pushed down.
    gradient.forEach((slope, index) => {
      expect(slope).toBeGreaterThan(plain[index] ?? Number.NaN);
    });
  });

  it('are the weight times topK for an even load', () => {
    const even = tidy(
      () =>
        balanceLoss(
          tensor2d([
            [1, 1, 1, 1],
            [1, 1, 1, 1],
          ]),
          Int32Array.of(0, 1, 2, 3),
          0.01,
        ).dataSync()[0],
    );
    expect(even).toBeCloseTo(0.02, 6);
    const uneven = tidy(
      () =>
        balanceLoss(
          tensor2d([
            [9, 1, 0, 0],
            [9, 1, 0, 0],
          ]),
          Int32Array.of(0, 1, 0, 1),
          0.01,
        ).dataSync()[0],
    );
    expect(uneven).toBeCloseTo(0.04, 6);
  });
});

describeOnBackends('balancing by correction bias', () => {
  const spec = specOf(`
model mixture {
  vocab = 32
  context = 16
  hidden = 8
  init_std = 0.5
  layer block {
    ffn moe { experts = 6  top_k = 2  width = 4  router sigmoid { bias_update = 0.01 } }
  }
  layers = block * 2
}`);
  const lesson = {
    batch: 4,
    seq: 16,
    inputs: Int32Array.from({ length: 64 }, (_, index) => (index * 7) % 32),
    targets: new Int32Array(64).fill(1),
  };

  it('moves every bias against its load', () => {
    const model = createModel(spec, { seed: 1 });
    const { loads, listen } = collectExpertLoads();
    disposeGradients(model.lossAndGradients(lesson, { onExpertLoad: listen }).gradients);
    expect([...loads.keys()]).toEqual(['layers.0.ffn', 'layers.1.ffn']);
    const load = [...(loads.get('layers.1.ffn') ?? [])];
    expect(load.reduce((total, count) => total + count, 0)).toBe(64 * 2);
    balanceExperts(model, loads);
    const expected = load.map(count => 0.01 * Math.sign(128 / 6 - count));
    [...model.readWeight('layers.1.ffn.router_correction')].forEach((value, expert) => {
      expect(value).toBeCloseTo(expected[expert] ?? Number.NaN, 6);
    });
    model.dispose();
  });

  it('evens out the load', () => {
    const model = createModel(spec, { seed: 1 });
    const spread = () => {
      const { loads, listen } = collectExpertLoads();
      model.loss(lesson, { onExpertLoad: listen });
      balanceExperts(model, loads);
      return Math.max(...[...loads.values()].map(load => Math.max(...load) - Math.min(...load)));
    };
    const first = spread();
    let last = first;
    // Steps by sign end in a cycle whose width grows with the step: 0.01 is fine for 32 different tokens, 0.05 is not.
    for (let step = 0; step < 60; step++) last = spread();
    expect(last).toBeLessThan(first / 2);
    model.dispose();
  });

  it('adds up the loads of several batches', () => {
    const { loads, listen } = collectExpertLoads();
    listen('a', Int32Array.of(1, 2));
    listen('a', Int32Array.of(3, 4));
    expect([...(loads.get('a') ?? [])]).toEqual([4, 6]);
  });
});

describe('correction bias', () => {
  it('counts as a parameter only where it is one', () => {
    const model = (word: string) =>
      specOf(`
model mixture {
  vocab = 32
  context = 16
  hidden = 8
  layer block {
    ffn moe { experts = 6  width = 4  router sigmoid { correction_bias = ${word} } }
  }
  layers = block
}`);
    const created = (word: string) => {
      const made = createModel(model(word), { seed: 1 });
      const paths = { table: made.table.map(({ path }) => path), trainable: [...made.trainable.keys()] };
      made.dispose();
      return paths;
    };
    for (const word of ['buffer', 'parameter']) {
      expect(created(word).table).toContain('layers.0.ffn.router_correction');
      expect(created(word).trainable).not.toContain('layers.0.ffn.router_correction');
    }
    expect(created('none').table).not.toContain('layers.0.ffn.router_correction');
  });
});
