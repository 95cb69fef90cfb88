import { type Tensor, type Tensor4D, tensor, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { scaleByPosition } from '../../../src/engine/ops/position-temperature';
import { expectClose, expectSameOp, onEveryEngine, randomTensor } from './engines';

onEveryEngine(() => {
  it('grows by the logarithm of the steps passed, counted from the offset', () => {
    tidy(() => {
      const x = tensor([1, 1, 1, 1, 1], [1, 5, 1, 1]) as Tensor4D;
      // Positions 3 to 7 counted from 1 are 4 to 8, in steps of 4: one step, and two from position 7 on.
      const factors = [1, 1, 1, 1, 2].map(steps => 1 + 0.5 * Math.log(1 + steps));
      const grown = scaleByPosition(x, 3, { strength: 0.5, floor: 4, first: 1 });
      expectClose(grown, tensor(factors, [1, 5, 1, 1]), 1e-6);
      const countedFromZero = scaleByPosition(x, 4, { strength: 0.5, floor: 4, first: 0 });
      expectClose(countedFromZero, tensor(factors, [1, 5, 1, 1]), 1e-6);
    });
  });

  it('changes nothing before the first step', () => {
    const x = randomTensor<Tensor4D>([1, 3, 1, 2], 1);
    expect(scaleByPosition(x, 0, { strength: 0.5, floor: 4, first: 1 })).toBe(x);
    x.dispose();
  });

  it('hands the gradient back as scaled', () => {
    const x = randomTensor([2, 6, 2, 3], 1);
    const f = (y: Tensor) => scaleByPosition(y as Tensor4D, 0, { strength: 0.3, floor: 2, first: 1 });
    expectSameOp(f, f, [x]);
    x.dispose();
  });
});
