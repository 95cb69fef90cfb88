import { type Tensor, type Tensor1D, type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { linear, linearReference } from '../../../src/engine/ops/linear';
import { expectClose, expectSameOp, onEveryEngine, randomTensor } from './engines';

onEveryEngine(() => {
  // Rows, in, out: single, tiny, odd, prime, around the sizes of register tiles and of depth blocks.
  const sizes: [number, number, number][] = [
    [1, 1, 1],
    [1, 7, 5],
    [2, 300, 17],
    [3, 5, 2],
    [4, 16, 16],
    [5, 33, 31],
    [6, 16, 32],
    [7, 13, 17],
    [13, 257, 9],
    [29, 64, 97],
    [61, 31, 48],
    [150, 70, 33],
  ];
  for (const [rows, inSize, outSize] of sizes) {
    for (const bias of [false, true]) {
      it(`fp32 equals its reference: ${rows} x ${inSize} to ${outSize}${bias ? ' with bias' : ''}`, () => {
        const inputs = [randomTensor([rows, inSize], 1), randomTensor([outSize, inSize], 2, inSize ** -0.5)];
        if (bias) inputs.push(randomTensor([outSize], 3));
        const call =
          (op: typeof linearReference) =>
          (x: Tensor, weight: Tensor, offset?: Tensor): Tensor =>
            op(x, weight as Tensor2D, (offset as Tensor1D) ?? null, 'fp32');
        expectSameOp(call(linear), call(linearReference), inputs, { differences: rows * inSize * outSize < 20_000 });
        for (const input of inputs) input.dispose();
      });
    }
  }

  it('keeps leading dimensions', () => {
    tidy(() => {
      const x = randomTensor([2, 3, 4, 5], 1);
      const weight = randomTensor<Tensor2D>([7, 5], 2);
      const y = linear(x, weight, null);
      expect(y.shape).toEqual([2, 3, 4, 7]);
      expectClose(y, linearReference(x, weight, null, 'fp32'), 1e-5);
    });
  });

  it('bf16 rounds both factors, forwards and backwards, and sums in fp32', () => {
    const inputs = [randomTensor([9, 40], 1), randomTensor([11, 40], 2)];
    const call = (op: typeof linearReference) => (x: Tensor, weight: Tensor) => op(x, weight as Tensor2D, null, 'bf16');
    expectSameOp(call(linear), call(linearReference), inputs, { differences: false });
    for (const input of inputs) input.dispose();
  });

  it('bf16 keeps what bfloat16 can hold and rounds what it cannot', () => {
    tidy(() => {
      const one = tensor2d([[1]]);
      const product = (value: number) => linear(tensor2d([[value]]), one, null, 'bf16').dataSync()[0];
      expect(product(1.0078125)).toBe(1.0078125); // 1 + 2^-7: the last bit of bfloat16
      expect(product(1.005)).toBe(1.0078125);
      expect(product(1.003)).toBe(1);
      expect(product(-3.1412)).toBe(-3.140625);
    });
  });

  it('says which shape is wrong', () => {
    tidy(() => {
      const weight = randomTensor<Tensor2D>([3, 4], 1);
      expect(() => linear(randomTensor([2, 5], 1), weight, null)).toThrow(
        'linear: x must have shape [..., 4], but has [2, 5]',
      );
      expect(() => linear(randomTensor([2, 4], 1), weight, randomTensor<Tensor1D>([4], 1))).toThrow(
        'linear: bias must have shape [3], but has [4]',
      );
    });
  });
});
