import { type Tensor, type Tensor1D, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type GatedRmsNormOptions, gatedRmsNorm, gatedRmsNormReference } from '../../../src/engine/ops/gated-rms-norm';
import { expectSameOp, onEveryEngine, randomTensor } from './engines';

onEveryEngine(() => {
  for (const [shape, groups] of [
    [[1, 1], 1],
    [[2, 3, 14], 2],
    [[2, 5, 3, 8], 1],
    [[301, 24], 3],
  ] as const) {
    for (const gated of ['before', 'after'] as const) {
      for (const activation of ['silu', 'sigmoid'] as const) {
        it(`equals its reference: [${shape}] in ${groups} groups, ${activation} gate ${gated} the norm`, () => {
          const inputs = [[...shape], [...shape], [shape.at(-1) ?? 1]].map((each, index) =>
            randomTensor(each, index + 1),
          );
          const options: GatedRmsNormOptions = { epsilon: 1e-2, groups, gated, activation };
          const call = (op: typeof gatedRmsNorm) => (x: Tensor, gate: Tensor, weight: Tensor) =>
            op(x, gate, weight as Tensor1D, options);
          expectSameOp(call(gatedRmsNorm), call(gatedRmsNormReference), inputs);
          for (const each of inputs) each.dispose();
        });
      }
    }
  }

  it('says what does not fit', () => {
    tidy(() => {
      const [x, weight] = [randomTensor([2, 6], 1), randomTensor<Tensor1D>([6], 2)];
      const options: GatedRmsNormOptions = { epsilon: 1e-5, groups: 4, gated: 'before', activation: 'silu' };
      expect(() => gatedRmsNorm(x, x, weight, options)).toThrow(
        'groups must divide the last dimension, but are 4 of 6',
      );
    });
  });
});
