import { concat, slice, type Tensor, type Tensor1D, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type SsdInputs, type SsdOptions, type SsdResult, ssd, ssdFrom } from '../../../src/engine/ops/ssd';
import { ssdChunked, ssdSequential } from '../../../src/engine/ops/ssd-reference';
import { expectClose, expectSameOp, onEveryEngine, randomTensor } from './engines';

interface Shape extends Pick<SsdOptions, 'heads' | 'headDim' | 'groups' | 'state'> {
  readonly batch: number;
  readonly seq: number;
}

const tensorsOf = ({ batch, seq, heads, headDim, groups, state }: Shape): Tensor[] => [
  randomTensor([batch, seq, heads * headDim + 2 * groups * state], 1),
  randomTensor([batch, seq, heads], 2),
  randomTensor([heads], 3),
  randomTensor([heads], 4, 0.5),
  randomTensor([heads], 5),
];

const inputsOf = ([xbc, step, stepBias, decay, skip]: Tensor[]): SsdInputs => ({
  xbc: xbc as Tensor3D,
  step: step as Tensor3D,
  stepBias: stepBias as Tensor1D,
  decay: decay as Tensor1D,
  skip: skip as Tensor1D,
});

const shapes: Shape[] = [
  { batch: 1, seq: 1, heads: 1, headDim: 1, groups: 1, state: 1 },
  { batch: 2, seq: 9, heads: 4, headDim: 3, groups: 2, state: 5 },
  { batch: 1, seq: 64, heads: 2, headDim: 8, groups: 1, state: 4 },
  { batch: 2, seq: 67, heads: 2, headDim: 5, groups: 2, state: 7 },
];

onEveryEngine(() => {
  for (const shape of shapes) {
    for (const [floor, ceiling] of [
      [0, null],
      [0.3, 1.5],
    ] as const) {
      it(`equals the recurrence: ${Object.values(shape)}, steps from ${floor} to ${ceiling}`, () => {
        const options = { ...shape, floor, ceiling };
        const tensors = tensorsOf(shape);
        const call =
          (f: (inputs: SsdInputs, options: SsdOptions) => SsdResult | Tensor3D) =>
          (...given: Tensor[]) => {
            const result = f(inputsOf(given), options);
            return 'y' in result ? result.y : result;
          };
        // Steps at a bound have no derivative there, so the finite differences leave bounded ones out.
        const tolerances = { tolerance: 3e-5, gradientTolerance: 1e-4, differences: ceiling === null };
        expectSameOp(call(ssd), call(ssdSequential), tensors, tolerances);
        for (const each of tensors) each.dispose();
      });
    }
  }

  it('gives the same in chunks of any size', () => {
    tidy(() => {
      const shape: Shape = { batch: 2, seq: 23, heads: 4, headDim: 3, groups: 2, state: 5 };
      const [inputs, options] = [inputsOf(tensorsOf(shape)), { ...shape, floor: 0, ceiling: null }];
      const expected = ssdSequential(inputs, options);
      for (const chunk of [1, 4, 23, 64]) {
        const { y, state } = ssdChunked(inputs, options, null, chunk);
        expectClose(y, expected.y, 2e-5);
        expectClose(state, expected.state, 2e-5);
      }
    });
  });

  it('goes on from a state, in any portions', () => {
    tidy(() => {
      const shape: Shape = { batch: 2, seq: 75, heads: 4, headDim: 3, groups: 2, state: 5 };
      const tensors = tensorsOf(shape);
      const options = { ...shape, floor: 0, ceiling: null };
      const whole = ssdFrom(null, inputsOf(tensors), options);
      expectClose(whole.y, ssd(inputsOf(tensors), options), 1e-6);
      let state: SsdResult['state'] | null = null;
      let begin = 0;
      const parts: Tensor3D[] = [];
      for (const size of [1, 65, 9]) {
        const cut = tensors.map(each => (each.rank === 3 ? slice(each, [0, begin, 0], [-1, size, -1]) : each));
        const next: SsdResult = ssdFrom(state, inputsOf(cut), options);
        parts.push(next.y);
        state = next.state;
        begin += size;
      }
      expectClose(concat(parts, 1), whole.y, 2e-5);
      expectClose(state ?? whole.y, whole.state, 2e-5);
      expectClose(whole.state, ssdSequential(inputsOf(tensors), options).state, 2e-5);
    });
  });

  it('sees no later token, bit for bit, and works with strong decay', () => {
    tidy(() => {
      const shape: Shape = { batch: 1, seq: 70, heads: 2, headDim: 4, groups: 1, state: 3 };
      const tensors = tensorsOf(shape);
      const options = { ...shape, floor: 40, ceiling: null };
      const inputs = inputsOf(tensors);
      const changed = concat([slice(inputs.xbc, [0, 0, 0], [1, 66, -1]), randomTensor([1, 4, 14], 9)], 1) as Tensor3D;
      const [before, after] = [ssd(inputs, options), ssd({ ...inputs, xbc: changed }, options)].map(y => y.dataSync());
      expect(after?.slice(0, 66 * 8)).toEqual(before?.slice(0, 66 * 8));
      expect(after).not.toEqual(before);
      expect(before?.every(Number.isFinite)).toBe(true);
    });
  });

  it('says what does not fit', () => {
    tidy(() => {
      const shape: Shape = { batch: 1, seq: 2, heads: 3, headDim: 4, groups: 2, state: 3 };
      const options = { ...shape, floor: 0, ceiling: null };
      expect(() => ssd(inputsOf(tensorsOf(shape)), options)).toThrow('groups must divide heads, but are 2 of 3');
    });
  });
});
