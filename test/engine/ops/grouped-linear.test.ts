import { type Tensor, type Tensor2D, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { groupedLinear, groupedLinearReference } from '../../../src/engine/ops/grouped-linear';
import { expectSameOp, onEveryEngine, randomTensor } from './engines';

onEveryEngine(() => {
  // Rows per group: even, uneven, empty ones at the start, in the middle and at the end, a single group.
  const loads = [[4, 4, 4], [1, 7, 3, 19], [0, 5, 0, 2, 0], [6]];
  for (const load of loads) {
    for (const bias of [false, true]) {
      for (const precision of ['fp32', 'bf16'] as const) {
        it(`equals its reference: ${load.join(' + ')} rows${bias ? ' with bias' : ''} in ${precision}`, () => {
          const starts = Int32Array.from([0, ...load]);
          for (let group = 1; group < starts.length; group++)
            starts[group] = (starts[group] ?? 0) + (starts[group - 1] ?? 0);
          const rows = starts.at(-1) ?? 0;
          const inputs = [randomTensor([rows, 13], 1), randomTensor([load.length, 9, 13], 2, 0.3)];
          if (bias) inputs.push(randomTensor([load.length, 9], 3));
          const call =
            (op: typeof groupedLinearReference) =>
            (x: Tensor, weight: Tensor, offset?: Tensor): Tensor =>
              op(x as Tensor2D, weight as Tensor3D, (offset as Tensor2D) ?? null, starts, precision);
          expectSameOp(call(groupedLinear), call(groupedLinearReference), inputs, {
            differences: precision === 'fp32',
          });
          for (const input of inputs) input.dispose();
        });
      }
    }
  }

  it('says which shape is wrong', () => {
    tidy(() => {
      const weight = randomTensor<Tensor3D>([2, 3, 4], 1);
      const starts = Int32Array.of(0, 2, 5);
      expect(() => groupedLinear(randomTensor([4, 4], 1), weight, null, starts)).toThrow(
        'groupedLinear: x must have shape [5, 4], but has [4, 4]',
      );
    });
  });
});
