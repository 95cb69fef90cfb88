import { add, type Tensor, type Tensor1D, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { layerNorm, layerNormReference } from '../../../src/engine/ops/layer-norm';
import { rmsNorm, rmsNormReference } from '../../../src/engine/ops/rms-norm';
import { expectSameOp, onEveryEngine, randomTensor } from './engines';

onEveryEngine(() => {
  const shapes = [
    [1, 1],
    [3, 2],
    [2, 5, 7],
    [1, 3, 2, 16],
    [40, 33],
    [301, 24],
  ];
  for (const shape of shapes) {
    const dim = shape.at(-1) ?? 1;
    for (const [weighted, unitOffset] of [
      [false, false],
      [true, false],
      [true, true],
    ] as const) {
      it(`rmsNorm equals its reference: [${shape}] weighted ${weighted} unitOffset ${unitOffset}`, () => {
        const inputs = [randomTensor(shape, 1), ...(weighted ? [randomTensor([dim], 2)] : [])];
        const options = { epsilon: 1e-3, unitOffset };
        const call = (op: typeof rmsNorm) => (x: Tensor, weight?: Tensor) =>
          op(x, (weight as Tensor1D) ?? null, options);
        expectSameOp(call(rmsNorm), call(rmsNormReference), inputs);
        for (const each of inputs) each.dispose();
      });
    }
    for (const parts of [0, 1, 2]) {
      it(`layerNorm equals its reference: [${shape}] with ${['nothing', 'weight', 'weight and bias'][parts]}`, () => {
        // A mean far from 0 shows a variance that is computed by cancellation.
        const shifted = tidy(() => add(randomTensor(shape, 1), 20));
        const inputs = [shifted, ...[2, 3].slice(0, parts).map(seed => randomTensor([dim], seed))];
        const call = (op: typeof layerNorm) => (x: Tensor, weight?: Tensor, bias?: Tensor) =>
          op(x, (weight as Tensor1D) ?? null, (bias as Tensor1D) ?? null, 1e-2);
        expectSameOp(call(layerNorm), call(layerNormReference), inputs, {
          tolerance: 5e-5,
          gradientTolerance: 2e-4,
          differences: false,
        });
        for (const each of inputs) each.dispose();
      });
    }
  }

  it('says which weight is wrong', () => {
    tidy(() => {
      const [x, weight] = [randomTensor([2, 3], 1), randomTensor<Tensor1D>([2], 1)];
      expect(() => rmsNorm(x, weight, { epsilon: 1e-5, unitOffset: false })).toThrow(
        'rmsNorm: weight must have shape [3], but has [2]',
      );
      expect(() => layerNorm(x, weight, null, 1e-5)).toThrow('layerNorm: weight must have shape [3], but has [2]');
    });
  });
});
