import { type Tensor, type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { rotary, rotaryReference } from '../../../src/engine/ops/rotary';
import { expectSameOp, onEveryEngine, randomTensor } from './engines';

onEveryEngine(() => {
  for (const [batch, seq, heads, headDim, half] of [
    [1, 1, 1, 2, 1],
    [2, 3, 1, 6, 3],
    [1, 5, 3, 32, 16],
    [2, 7, 2, 22, 5],
    [1, 4, 2, 40, 20],
  ] as const) {
    for (const interleaved of [false, true]) {
      it(`equals its reference: ${batch} x ${seq} x ${heads} x ${headDim}, ${half} pairs${interleaved ? ', interleaved' : ''}`, () => {
        const inputs = [randomTensor([batch, seq, heads, headDim], 1)];
        const [cos, sin] = [randomTensor<Tensor2D>([seq, half], 2), randomTensor<Tensor2D>([seq, half], 3)];
        const call = (op: typeof rotaryReference) => (x: Tensor) => op(x as Tensor4D, cos, sin, interleaved);
        expectSameOp(call(rotary), call(rotaryReference), inputs);
        for (const each of [...inputs, cos, sin]) each.dispose();
      });
    }
  }

  it('says what does not fit', () => {
    tidy(() => {
      const x = randomTensor<Tensor4D>([1, 3, 1, 4], 1);
      const table = (rows: number, columns: number) => randomTensor<Tensor2D>([rows, columns], 1);
      expect(() => rotary(x, table(2, 2), table(2, 2))).toThrow('cos must have shape [3, *], but has [2, 2]');
      expect(() => rotary(x, table(3, 3), table(3, 3))).toThrow('at most headDim 4, but are 6');
    });
  });
});
