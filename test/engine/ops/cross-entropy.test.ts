import { add, grads, mul, type Tensor, type Tensor1D, type Tensor2D, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { linearCrossEntropy, linearCrossEntropyReference } from '../../../src/engine/ops/linear-cross-entropy';
import { tokenLosses, tokenLossesReference } from '../../../src/engine/ops/token-losses';
import { expectClose, expectSameOp, onEveryEngine, randomIds, randomTensor } from './engines';

onEveryEngine(() => {
  for (const [tokens, hidden, vocab] of [
    [1, 1, 2],
    [3, 5, 7],
    [10, 16, 33],
    [67, 9, 101],
  ] as const) {
    for (const softcap of [null, 2]) {
      for (const precision of ['fp32', 'bf16'] as const) {
        it(`equals its reference: ${tokens} x ${hidden} to ${vocab}, softcap ${softcap}, ${precision}`, () => {
          const inputs = [randomTensor([tokens, hidden], 1), randomTensor([vocab, hidden], 2)];
          const targets = randomIds<Tensor1D>([tokens], 3, tokens > 2 ? -1 : 0, vocab);
          const options = { softcap, precision };
          const call =
            (
              op: (
                x: Tensor2D,
                weight: Tensor2D,
                targets: Tensor1D,
                options: { softcap: number | null; precision: 'fp32' | 'bf16'; training: boolean },
              ) => Tensor,
            ) =>
            (x: Tensor, weight: Tensor) =>
              op(x as Tensor2D, weight as Tensor2D, targets, { ...options, training: true });
          // Rounding 1 / count into the gradient before or after bf16 may differ in the last bit of bf16.
          const gradientTolerance = precision === 'bf16' ? 5e-3 : 5e-5;
          const same = { gradientTolerance, differences: precision === 'fp32' };
          expectSameOp(call(linearCrossEntropy), call(linearCrossEntropyReference), inputs, same);
          tidy(() => {
            const [x, weight] = inputs as [Tensor2D, Tensor2D];
            const losses = tokenLosses(x, weight, targets, options);
            expectClose(losses, tokenLossesReference(x, weight, targets, options), 2e-5);
            const evaluated = linearCrossEntropy(x, weight, targets, { ...options, training: false });
            expectClose(evaluated, linearCrossEntropyReference(x, weight, targets, options), 2e-5);
          });
          for (const each of [...inputs, targets]) each.dispose();
        });
      }
    }
  }

  it('passes a scaled gradient on, as gradient accumulation does', () => {
    tidy(() => {
      const [x, weight] = [randomTensor<Tensor2D>([5, 4], 1), randomTensor<Tensor2D>([6, 4], 2)];
      const targets = tensor1d([0, 5, -1, 2, 2], 'int32');
      const options = { softcap: null, precision: 'fp32', training: true } as const;
      const loss = (a: Tensor, b: Tensor) => linearCrossEntropy(a as Tensor2D, b as Tensor2D, targets, options);
      const whole = grads(loss)([x, weight]);
      const quarter = grads((a: Tensor, b: Tensor) => mul(loss(a, b), 0.25))([x, weight]);
      for (const [i, gradient] of whole.entries()) expectClose(quarter[i] ?? gradient, mul(gradient, 0.25), 1e-6);
    });
  });

  it('ignores targets of -1 altogether, even all of them', () => {
    tidy(() => {
      const [x, weight] = [randomTensor<Tensor2D>([2, 3], 1), randomTensor<Tensor2D>([4, 3], 2)];
      const options = { softcap: null, precision: 'fp32', training: true } as const;
      const none = tensor1d([-1, -1], 'int32');
      const loss = (a: Tensor, b: Tensor) => add(linearCrossEntropy(a as Tensor2D, b as Tensor2D, none, options), 0);
      expect(loss(x, weight).dataSync()[0]).toBe(0);
      for (const gradient of grads(loss)([x, weight]))
        expect(gradient.dataSync().every(value => value === 0)).toBe(true);
    });
  });

  it('stays finite for logits that overflow a plain exponential', () => {
    tidy(() => {
      const [x, weight] = [randomTensor<Tensor2D>([3, 4], 1, 100), randomTensor<Tensor2D>([9, 4], 2, 100)];
      const targets = tensor1d([0, 1, 2], 'int32');
      const options = { softcap: null, precision: 'fp32', training: true } as const;
      const expected = linearCrossEntropyReference(x, weight, targets, options);
      expectClose(linearCrossEntropy(x, weight, targets, options), expected, 1e-5);
    });
  });

  it('says what does not fit', () => {
    tidy(() => {
      const [x, weight] = [randomTensor<Tensor2D>([2, 3], 1), randomTensor<Tensor2D>([4, 3], 2)];
      const options = { softcap: null, precision: 'fp32', training: false } as const;
      expect(() => linearCrossEntropy(x, weight, tensor1d([1], 'int32'), options)).toThrow(
        'linearCrossEntropy: targets must have shape [2], but has [1]',
      );
      expect(() => tokenLosses(x, weight, tensor1d([1, 2]), options)).toThrow('targets must be int32, but is float32');
    });
  });
});
