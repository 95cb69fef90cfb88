import { type Tensor, type Tensor4D, tensor3d } from '@tensorflow/tfjs-core';
import { it } from 'vitest';
import { maskedSoftmax, maskedSoftmaxReference } from '../../../src/engine/ops/masked-softmax';
import { expectSameOp, onEveryEngine, randomTensor } from './engines';

onEveryEngine(() => {
  it.each([1, 7, 16, 37])('masked softmax is its reference, rows of %i keys', keys => {
    const scores = randomTensor([2, 3, 5, keys], 1, 3);
    const hidden = Float32Array.from({ length: 2 * 5 * keys }, (_, index) =>
      index % keys === 0 || (index * 7) % 3 === 0 ? 0 : -1e30,
    );
    const mask = tensor3d(hidden, [2, 5, keys]);
    const call = (op: typeof maskedSoftmax) => (x: Tensor) => op(x as Tensor4D, mask, 0.7);
    expectSameOp(call(maskedSoftmax), call(maskedSoftmaxReference), [scores]);
    scores.dispose();
    mask.dispose();
  });
});
