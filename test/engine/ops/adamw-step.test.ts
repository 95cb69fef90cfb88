import { type Tensor, tensor1d, tidy, type Variable, variable, zeros } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { adamwStep, adamwStepReference } from '../../../src/engine/ops/adamw-step';
import { globalNorm } from '../../../src/engine/ops/global-norm';
import { expectClose, onEveryEngine, randomTensor } from './engines';

interface State {
  readonly parameter: Variable;
  readonly firstMoment: Variable;
  readonly secondMoment: Variable;
}

const makeState = (shape: number[]): State =>
  tidy(() => ({
    parameter: variable(randomTensor(shape, 1)),
    firstMoment: variable(zeros(shape)),
    secondMoment: variable(zeros(shape)),
  }));

const freeState = (state: State): void => {
  for (const each of Object.values(state) as Variable[]) each.dispose();
};

onEveryEngine(() => {
  const settings = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, gradientScale: 0.5 };

  it('equals its reference over several steps and shapes, with and without decay', () => {
    const shapes = [[1], [3, 5], [7, 11, 2], [40_001]];
    const states = shapes.map(makeState);
    const expected = shapes.map(makeState);
    for (let step = 1; step <= 3; step++) {
      const gradients = shapes.map((shape, i) => randomTensor(shape, step * 10 + i));
      const list = (all: State[]) =>
        all.map((state, i) => ({ ...state, gradient: gradients[i] as Tensor, weightDecay: i % 2 === 0 ? 0.1 : 0 }));
      adamwStep(list(states), { ...settings, step });
      adamwStepReference(list(expected), { ...settings, step });
      for (const gradient of gradients) gradient.dispose();
    }
    for (const [i, state] of states.entries()) {
      for (const name of ['parameter', 'firstMoment', 'secondMoment'] as const) {
        expectClose(state[name], expected[i]?.[name] ?? state[name], 2e-6, name);
      }
    }
    [...states, ...expected].forEach(freeState);
  });

  it('moves by the learning rate in the first step, whatever the size of the gradient', () => {
    tidy(() => {
      const state = makeState([2]);
      const before = state.parameter.dataSync();
      const gradient = tensor1d([1e-3, -50]);
      adamwStep([{ ...state, gradient, weightDecay: 0 }], { ...settings, step: 1 });
      const after = state.parameter.dataSync();
      expect((after[0] ?? 0) - (before[0] ?? 0)).toBeCloseTo(-0.01, 5);
      expect((after[1] ?? 0) - (before[1] ?? 0)).toBeCloseTo(0.01, 5);
      freeState(state);
    });
  });

  it('changes neither a copy of a parameter nor the array that it came from', () => {
    tidy(() => {
      const given = Float32Array.of(1, 2, 3);
      const start = tensor1d(given);
      const parameter = variable(start);
      const [firstMoment, secondMoment] = [variable(zeros([3])), variable(zeros([3]))];
      const gradient = tensor1d([1, 1, 1]);
      adamwStep([{ parameter, firstMoment, secondMoment, gradient, weightDecay: 0 }], { ...settings, step: 1 });
      const copy = parameter.clone();
      const read = parameter.dataSync();
      const seen = [...read];
      adamwStep([{ parameter, firstMoment, secondMoment, gradient, weightDecay: 0 }], { ...settings, step: 2 });
      expect([...given]).toEqual([1, 2, 3]);
      expect([...start.dataSync()]).toEqual([1, 2, 3]);
      expect([...copy.dataSync()]).toEqual(seen);
      expect([...read]).toEqual(seen);
      expect([...parameter.dataSync()]).not.toEqual(seen);
      freeState({ parameter, firstMoment, secondMoment });
    });
  });

  it('globalNorm is the norm over all tensors', () => {
    tidy(() => {
      expect(globalNorm([tensor1d([3]), tensor1d([0, 4])]).dataSync()[0]).toBeCloseTo(5, 5);
      expect(globalNorm([]).dataSync()[0]).toBe(0);
      const many = [randomTensor([70_001], 1), randomTensor([3, 7], 2)];
      const squares = many.flatMap(each => [...each.dataSync()]).reduce((sum, value) => sum + value * value, 0);
      expect(globalNorm(many).dataSync()[0]).toBeCloseTo(Math.sqrt(squares), 2);
    });
  });

  it('says which tensor does not fit', () => {
    tidy(() => {
      const state = makeState([2]);
      const gradient = tensor1d([1, 2, 3]);
      expect(() => adamwStep([{ ...state, gradient, weightDecay: 0 }], { ...settings, step: 1 })).toThrow(
        /gradient of .* must have shape \[2\], but has \[3\]/,
      );
      freeState(state);
    });
  });
});
