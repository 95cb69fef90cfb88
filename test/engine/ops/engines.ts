import { engine, grads, memory, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createRandom } from '../../../src/base/random';
import { listBackends, useBackend } from '../../../src/engine/backends/choose-backend';
import { type Addon, loadAddon } from '../../../src/engine/backends/native/addon';
import { registerPlainGradients } from '../../../src/engine/plain-gradients';

/** One way to run the ops: a backend, and for the native one an instruction set. */
interface Engine {
  readonly label: string;
  readonly native: boolean;
  readonly activate: () => Promise<void>;
}

/** Every engine of this machine; the ones that are missing are named once, with their reason. */
export function enginesPresent(): Engine[] {
  return listBackends().flatMap(({ id, available, reason }): Engine[] => {
    if (!available) {
      console.log(`skipped: the ${id} backend. ${reason}`);
      return [];
    }
    const activate = async () => {
      await useBackend(id);
    };
    if (id !== 'native') return [{ label: id, native: false, activate }];
    const addon = nativeAddon();
    return addon.describe().available.map(set => ({
      label: `native ${set}`,
      native: true,
      activate: async () => {
        addon.configure(set, 2);
        await activate();
      },
    }));
  });
}

/** The addon; only for tests that know that it is there. */
export function nativeAddon(): Addon {
  const loaded = loadAddon();
  if ('problem' in loaded) throw new Error(loaded.problem);
  return loaded.addon;
}

/** Runs a suite once per engine. No test may leave a tensor behind. */
export function onEveryEngine(suite: (engine: Engine) => void): void {
  for (const each of enginesPresent()) {
    describe(each.label, () => {
      let before = 0;
      beforeAll(async () => {
        registerPlainGradients();
        await each.activate();
        before = memory().numTensors;
      });
      afterAll(() => {
        expect(memory().numTensors, 'tensors left behind').toBe(before);
      });
      suite(each);
    });
  }
}

/** Normally distributed values, the same for the same seed. */
export function randomTensor<T extends Tensor>(shape: number[], seed: number, deviation = 1): T {
  const random = createRandom(seed);
  const size = shape.reduce((product, each) => product * each, 1);
  return tensor(
    Float32Array.from({ length: size }, () => random.normal() * deviation),
    shape,
  ) as T;
}

/** Whole numbers in [low, high). */
export function randomIds<T extends Tensor>(shape: number[], seed: number, low: number, high: number): T {
  const random = createRandom(seed);
  const size = shape.reduce((product, each) => product * each, 1);
  return tensor(
    Int32Array.from({ length: size }, () => low + random.below(high - low)),
    shape,
    'int32',
  ) as T;
}

/** All values agree within `tolerance` times the largest expected value (or times 1, if that is larger). */
export function expectClose(actual: Tensor, expected: Tensor, tolerance: number, what = 'values'): void {
  expect(actual.shape, `shape of ${what}`).toEqual(expected.shape);
  const [left, right] = [actual.dataSync(), expected.dataSync()];
  let largest = 0;
  let worst = 0;
  for (const [i, value] of right.entries()) {
    largest = Math.max(largest, Math.abs(value));
    const difference = Math.abs(value - (left[i] ?? Number.NaN));
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
  }
  expect(worst, `largest difference of ${what} (largest value ${largest})`).toBeLessThanOrEqual(
    tolerance * Math.max(1, largest),
  );
}

/**
 * Holds an op against its reference, values and gradients, and its gradients against finite differences.
 * `fast` and `reference` take the same tensors.
 */
export function expectSameOp(
  fast: (...inputs: Tensor[]) => Tensor,
  reference: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
  { tolerance = 2e-5, gradientTolerance = 5e-5, differences = true } = {},
): void {
  tidy(() => {
    const expected = reference(...inputs);
    expectClose(fast(...inputs), expected, tolerance);
    const dy = randomTensor(expected.shape, 77);
    const actualGradients = grads(fast)(inputs, dy);
    for (const [i, gradient] of grads(reference)(inputs, dy).entries()) {
      const actual = actualGradients[i];
      if (actual === undefined) throw new Error(`no gradient of input ${i}`);
      expectClose(actual, gradient, gradientTolerance, `gradient of input ${i}`);
    }
    if (differences) expectDerivatives(fast, inputs, dy, actualGradients);
  });
}

/** Along a random direction of each input: (L(x + hv) - L(x - hv)) / 2h is gradient · v, for L = Σ dy f. */
function expectDerivatives(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
  dy: Tensor,
  gradients: Tensor[],
): void {
  const step = 2 ** -6;
  const along = dy.dataSync();
  for (const [i, input] of inputs.entries()) {
    const direction = randomTensor(input.shape, 100 + i);
    const values = [input.dataSync(), direction.dataSync()] as const;
    const lossAt = (h: number): number => {
      const moved = tensor(
        Float32Array.from(values[0], (value, k) => value + h * (values[1][k] ?? 0)),
        input.shape,
      );
      const out = f(...inputs.map((other, k) => (k === i ? moved : other))).dataSync();
      let sum = 0;
      for (const [k, value] of out.entries()) sum += value * (along[k] ?? 0);
      return sum;
    };
    // Two step sizes combined: the error falls with the fourth power of the step.
    const slope = (h: number) => (lossAt(h) - lossAt(-h)) / (2 * h);
    const numeric = (4 * slope(step) - slope(2 * step)) / 3;
    const gradient = gradients[i]?.dataSync() ?? new Float32Array();
    let [exact, scale] = [0, 0];
    for (const [k, value] of gradient.entries()) {
      exact += value * (values[1][k] ?? 0);
      scale += value * value;
    }
    const size = Math.max(1, Math.sqrt(scale));
    expect(Math.abs(numeric - exact) / size, `derivative along input ${i}: ${numeric} and ${exact}`).toBeLessThan(4e-3);
  }
}

/** The current backend's engine name, to be sure that a test runs where it says. */
export function currentBackendName(): string {
  return engine().backendName;
}
