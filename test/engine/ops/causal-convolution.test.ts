import { concat, slice, type Tensor, type Tensor1D, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { causalConvolution, causalConvolutionReference } from '../../../src/engine/ops/causal-convolution';
import { expectClose, expectSameOp, onEveryEngine, randomTensor } from './engines';

onEveryEngine(() => {
  for (const [batch, seq, channels, taps] of [
    [1, 1, 1, 4],
    [2, 3, 5, 4],
    [2, 40, 9, 3],
    [1, 300, 17, 2],
    [1, 5, 8, 1],
  ] as const) {
    for (const [silu, biased] of [
      [true, true],
      [false, false],
    ] as const) {
      it(`equals its reference: [${[batch, seq, channels]}], ${taps} taps, silu ${silu}, bias ${biased}`, () => {
        const shapes = [[batch, seq, channels], [channels, 1, taps], ...(biased ? [[channels]] : [])];
        const inputs = shapes.map((shape, index) => randomTensor(shape, index + 1));
        const call = (op: typeof causalConvolution) => (x: Tensor, weight: Tensor, bias?: Tensor) =>
          op(x as Tensor3D, weight as Tensor3D, (bias as Tensor1D) ?? null, { silu });
        expectSameOp(call(causalConvolution), call(causalConvolutionReference) as ReturnType<typeof call>, inputs);
        for (const each of inputs) each.dispose();
      });
    }
  }

  it('goes on from the rows before', () => {
    tidy(() => {
      const [x, weight, bias] = [
        randomTensor<Tensor3D>([2, 9, 5], 1),
        randomTensor<Tensor3D>([5, 1, 4], 2),
        randomTensor<Tensor1D>([5], 3),
      ];
      const whole = causalConvolution(x, weight, bias, { silu: true });
      const part = (begin: number, size: number) => slice(x, [0, begin, 0], [2, size, 5]) as Tensor3D;
      const parts = [
        causalConvolution(part(0, 5), weight, bias, { silu: true }),
        causalConvolution(part(5, 4), weight, bias, { silu: true, history: part(2, 3) }),
      ];
      expectClose(concat(parts, 1), whole, 1e-6);
    });
  });

  it('says which weight is wrong', () => {
    tidy(() => {
      const [x, weight] = [randomTensor<Tensor3D>([1, 2, 3], 1), randomTensor<Tensor3D>([2, 1, 4], 2)];
      expect(() => causalConvolution(x, weight, null, { silu: true })).toThrow(
        'causalConvolution: weight must have shape [3, 1, *], but has [2, 1, 4]',
      );
    });
  });
});
