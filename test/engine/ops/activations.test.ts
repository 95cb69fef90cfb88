import { tensor1d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type ActivationKind, activation, activationReference } from '../../../src/engine/ops/activation';
import { gatedActivation, gatedActivationReference } from '../../../src/engine/ops/gated-activation';
import { expectSameOp, onEveryEngine, randomTensor } from './engines';

onEveryEngine(() => {
  const kinds: ActivationKind[] = ['gelu', 'gelu_tanh', 'relu', 'relu2', 'silu'];
  for (const kind of kinds) {
    for (const shape of [[1], [7], [3, 5, 11], [129, 131]]) {
      it(`${kind} equals its reference: [${shape}]`, () => {
        const [x, up] = [randomTensor(shape, 1, 2), randomTensor(shape, 2)];
        // A finite difference across the kink of relu is no derivative.
        const differences = shape.length === 3 && kind !== 'relu';
        const options = { tolerance: 3e-6, gradientTolerance: 1e-5, differences };
        expectSameOp(
          each => activation(each, kind),
          each => activationReference(each, kind),
          [x],
          options,
        );
        const gated = (op: typeof gatedActivation) => (gate: typeof x, other: typeof x) => op(gate, other, kind);
        expectSameOp(gated(gatedActivation), gated(gatedActivationReference), [x, up], options);
        x.dispose();
        up.dispose();
      });
    }

    it(`${kind} is right far out`, () => {
      tidy(() => {
        const far = tensor1d([-1000, -30, -9, 0, 9, 30, 1000]);
        const expected = kind === 'relu2' ? [0, 0, 0, 0, 81, 900, 1e6] : [0, 0, 0, 0, 9, 30, 1000];
        for (const [i, value] of activation(far, kind).dataSync().entries()) {
          expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 2);
        }
      });
    });
  }

  it('says which shapes differ', () => {
    tidy(() => {
      expect(() => gatedActivation(randomTensor([2, 3], 1), randomTensor([3, 2], 1), 'silu')).toThrow(
        'gatedActivation: up must have shape [2, 3], but has [3, 2]',
      );
    });
  });
});
