import { concat, slice, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  type SelectiveScanInputs,
  type SelectiveScanResult,
  selectiveScan,
  selectiveScanFrom,
  selectiveScanParallel,
  selectiveScanSequential,
} from '../../../src/engine/ops/selective-scan';
import { expectClose, expectSameOp, onEveryEngine, randomTensor } from './engines';

const tensorsOf = (batch: number, seq: number, channels: number, state: number): Tensor[] => [
  randomTensor([batch, seq, channels], 1),
  randomTensor([batch, seq, channels], 2),
  randomTensor([channels], 3),
  randomTensor([batch, seq, 2 * state], 4),
  randomTensor([channels, state], 5, 0.5),
  randomTensor([channels], 6),
];

const inputsOf = ([x, step, stepBias, bc, decay, skip]: Tensor[]): SelectiveScanInputs => ({
  x: x as Tensor3D,
  step: step as Tensor3D,
  stepBias: stepBias as Tensor1D,
  bc: bc as Tensor3D,
  decay: decay as Tensor2D,
  skip: skip as Tensor1D,
});

onEveryEngine(() => {
  for (const [batch, seq, channels, state] of [
    [1, 1, 1, 1],
    [2, 9, 5, 3],
    [1, 32, 16, 4],
    [2, 35, 67, 2],
  ] as const) {
    it(`equals the recurrence: ${[batch, seq, channels, state]}`, () => {
      const tensors = tensorsOf(batch, seq, channels, state);
      expectSameOp(
        (...given) => selectiveScan(inputsOf(given)),
        (...given) => selectiveScanSequential(inputsOf(given)).y,
        tensors,
        { tolerance: 3e-5, gradientTolerance: 1e-4 },
      );
      for (const each of tensors) each.dispose();
    });
  }

  it('goes on from a state, in any portions', () => {
    tidy(() => {
      const tensors = tensorsOf(2, 41, 19, 3);
      const whole = selectiveScanFrom(null, inputsOf(tensors));
      expectClose(whole.y, selectiveScan(inputsOf(tensors)), 1e-6);
      let state: Tensor3D | null = null;
      let begin = 0;
      const parts: Tensor3D[] = [];
      for (const size of [1, 33, 7]) {
        const cut = tensors.map(each => (each.rank === 3 ? slice(each, [0, begin, 0], [-1, size, -1]) : each));
        const next: SelectiveScanResult = selectiveScanFrom(state, inputsOf(cut));
        const slow: SelectiveScanResult = selectiveScanSequential(inputsOf(cut), state);
        expectClose(slow.y, next.y, 2e-5);
        expectClose(selectiveScanParallel(inputsOf(cut), state).state, slow.state, 2e-5);
        parts.push(next.y);
        state = next.state;
        begin += size;
      }
      expectClose(concat(parts, 1), whole.y, 2e-5);
      expectClose(state ?? whole.y, whole.state, 2e-5);
    });
  });

  it('sees no later token, bit for bit', () => {
    tidy(() => {
      const inputs = inputsOf(tensorsOf(1, 40, 9, 3));
      const changed = concat([slice(inputs.x, [0, 0, 0], [1, 36, -1]), randomTensor([1, 4, 9], 9)], 1) as Tensor3D;
      const [before, after] = [selectiveScan(inputs), selectiveScan({ ...inputs, x: changed })].map(y => y.dataSync());
      expect(after?.slice(0, 36 * 9)).toEqual(before?.slice(0, 36 * 9));
      expect(after).not.toEqual(before);
    });
  });

  it('says what does not fit', () => {
    tidy(() => {
      const inputs = inputsOf(tensorsOf(1, 2, 3, 4));
      expect(() => selectiveScan({ ...inputs, skip: randomTensor<Tensor1D>([2], 1) })).toThrow(
        'selectiveScan: skip must have shape [3], but has [2]',
      );
    });
  });
});
