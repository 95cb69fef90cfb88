import { add, mul, slice, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { it } from 'vitest';
import { columns } from '../../../src/engine/ops/columns';
import { rows, rowsReference } from '../../../src/engine/ops/rows';
import { weightedSum, weightedSumReference } from '../../../src/engine/ops/weighted-sum';
import { expectSameOp, onEveryEngine, randomTensor } from './engines';

/** Starts and lengths in ten rows or columns. */
const stretches = [
  [0, 4],
  [3, 4],
  [6, 4],
  [0, 10],
] as const;
/** Uses x a second time, so that two gradients meet. */
const twice = (take: (x: Tensor2D) => Tensor2D) => (x: Tensor) => add(take(x as Tensor2D), mul(take(x as Tensor2D), 2));

onEveryEngine(() => {
  it('adds up with weights as its reference does', () => {
    const inputs = [randomTensor([7, 3, 5], 1), randomTensor([7, 3], 2)];
    const call = (op: typeof weightedSum) => (x: Tensor, weights: Tensor) => op(x as Tensor3D, weights as Tensor2D);
    expectSameOp(call(weightedSum), call(weightedSumReference), inputs);
    for (const input of inputs) input.dispose();
  });

  it('takes rows at the start, inside, at the end and all, as slice does', () => {
    for (const [start, count] of stretches) {
      const inputs = [randomTensor([10, 6], 1)];
      const reference = twice(x => slice(x, [start, 0], [count, 6]));
      expectSameOp(
        twice(x => rows(x, start, count)),
        reference,
        inputs,
      );
      expectSameOp(
        twice(x => rowsReference(x, start, count)),
        reference,
        inputs,
      );
      for (const input of inputs) input.dispose();
    }
  });

  it('takes columns at the start, inside, at the end and all, as slice does', () => {
    for (const [start, width] of stretches) {
      const inputs = [randomTensor([6, 10], 1)];
      expectSameOp(
        twice(x => columns(x, start, width)),
        twice(x => slice(x, [0, start], [6, width])),
        inputs,
      );
      for (const input of inputs) input.dispose();
    }
  });
});
