import { type Tensor, type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { embed, embedReference } from '../../../src/engine/ops/embed';
import { expectSameOp, onEveryEngine, randomIds, randomTensor } from './engines';

onEveryEngine(({ native }) => {
  for (const [batch, seq, vocab, hidden] of [
    [1, 1, 1, 1],
    [2, 5, 3, 7],
    [3, 17, 50, 130],
  ] as const) {
    it(`equals its reference, repeated ids too: ${batch} x ${seq} of ${vocab} x ${hidden}`, () => {
      const [table, ids] = [randomTensor([vocab, hidden], 1), randomIds<Tensor2D>([batch, seq], 2, 0, vocab)];
      expectSameOp(
        (each: Tensor) => embed(each as Tensor2D, ids),
        (each: Tensor) => embedReference(each as Tensor2D, ids),
        [table],
      );
      table.dispose();
      ids.dispose();
    });
  }

  it('says what is wrong with the ids', () => {
    tidy(() => {
      const table = randomTensor<Tensor2D>([3, 2], 1);
      expect(() => embed(table, tensor2d([[1]]))).toThrow('embed: ids must be int32, but is float32');
      // Other backends do as they like with ids out of range; ours must not read foreign memory.
      if (native)
        expect(() => embed(table, tensor2d([[0, 3]], [1, 2], 'int32'))).toThrow(
          'must lie in [0, 3), but number 1 is 3',
        );
    });
  });
});
