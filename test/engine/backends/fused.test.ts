import {
  add,
  memory,
  mul,
  type Scalar,
  sum,
  type Tensor,
  tensor,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../../src/engine/backends/choose-backend';
import { alias, changeable, fused, inPlaceOf } from '../../../src/engine/backends/native/fused';
import { currentNativeBackend } from '../../../src/engine/backends/native/native-backend';
import { type Gradients, valueAndGradients } from '../../../src/engine/gradients';
import { gatedActivation, gatedActivationReference } from '../../../src/engine/ops/gated-activation';
import { linear } from '../../../src/engine/ops/linear';
import { rmsNorm } from '../../../src/engine/ops/rms-norm';
import { view } from '../../../src/engine/ops/view';
import { residualAdd } from '../../../src/engine/residual-add';
import { presentBackends } from '../../support/backends';

const numbers = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, index) => Math.sin(seed + index * 1.7));
const drawn = (shape: number[], seed: number): Variable =>
  tidy(() =>
    variable(
      tensor(
        numbers(
          shape.reduce((a, b) => a * b),
          seed,
        ),
        shape,
      ),
    ),
  );
const valuesOf = (gradients: Gradients, name: string): number[] => [...(gradients.get(name)?.dataSync() ?? [])];
const norm = { epsilon: 1e-6, unitOffset: false };

describe.runIf(presentBackends.includes('native'))('fused ops of the native backend', () => {
  beforeAll(async () => {
    await useBackend('native');
  });

  /** An op that doubles, counting how often its value is made. */
  function doubling(made: string[]): (x: Tensor) => Tensor {
    return x =>
      fused(
        [x],
        () => {
          made.push('made');
          return {
            value: mul(x, 2),
            keep: [x],
            remake: ([kept]) => {
              made.push('again');
              if (kept === undefined) throw new Error('Expected what was kept.');
              return mul(kept, 2);
            },
          };
        },
        dy => [mul(dy, 2)],
      );
  }

  it('make a value again once for all who need it, and keep nothing of it in between', () => {
    const [x, w] = [drawn([4, 3], 1), drawn([3, 3], 2)];
    const made: string[] = [];
    const double = doubling(made);
    const before = memory().numTensors;
    const { value, gradients } = valueAndGradients(
      () => {
        const y = double(x);
        return add(
          sum(linear(linear(y, w as never, null), w as never, null)),
          sum(linear(y, w as never, null)),
        ) as Scalar;
      },
      new Map([
        ['x', x],
        ['w', w],
      ]),
    );
    expect(made).toEqual(['made', 'again']);
    const plain = valueAndGradients(
      () => {
        const y = mul(x, 2);
        return add(
          sum(linear(linear(y, w as never, null), w as never, null)),
          sum(linear(y, w as never, null)),
        ) as Scalar;
      },
      new Map([
        ['x', x],
        ['w', w],
      ]),
    );
    for (const name of ['x', 'w']) {
      for (const [index, each] of valuesOf(gradients, name).entries()) {
        expect(each).toBeCloseTo(valuesOf(plain.gradients, name)[index] ?? Number.NaN, 4);
      }
    }
    for (const each of [value, plain.value, ...gradients.values(), ...plain.gradients.values()]) each.dispose();
    expect(memory().numTensors).toBe(before);
    x.dispose();
    w.dispose();
  });

  it('are made again not at all where nobody needs them', () => {
    const x = drawn([4, 3], 1);
    const made: string[] = [];
    const { value, gradients } = valueAndGradients(() => sum(doubling(made)(x)) as Scalar, new Map([['x', x]]));
    expect(made).toEqual(['made']);
    for (const each of [value, ...gradients.values(), x]) each.dispose();
  });

  it('a tensor that somebody else sees is not changed in place', () => {
    tidy(() => {
      const x = currentNativeBackend()?.outputTensor<Tensor>([4]);
      if (x === undefined) throw new Error('Expected the native backend.');
      expect(changeable(x)).not.toBeNull();
      const other = alias(x);
      expect(changeable(x)).toBeNull();
      other.dispose();
      expect(changeable(x)).not.toBeNull();
      // What a user gave is the user's.
      expect(changeable(tensor([1, 2, 3]))).toBeNull();
    });
  });

  it('a gradient takes the place of what was kept, but never that of a variable', () => {
    const native = currentNativeBackend();
    if (native === null) throw new Error('Expected the native backend.');
    const weight = drawn([4], 1);
    // An optimizer makes the memory of a variable exclusive.
    const own = native.floatsToChange(weight);
    tidy(() => {
      const kept = native.outputTensor<Tensor>([4]);
      expect(native.floats(inPlaceOf(kept))).toBe(native.floats(kept));
      expect(native.floats(inPlaceOf(weight))).not.toBe(own);
    });
    weight.dispose();
  });

  it('the gradients of a gated activation are right whether or not others read its inputs', () => {
    const [x, w, v] = [drawn([5, 4], 1), drawn([4, 4], 2), drawn([4, 4], 3)];
    const all = new Map([
      ['x', x],
      ['w', w],
      ['v', v],
    ]);
    const bothWays = (gated: typeof gatedActivation) => {
      const { value, gradients } = valueAndGradients(() => {
        const [gate, up] = [linear(x, w as never, null), linear(x, v as never, null)];
        const alone = gated(linear(x, v as never, null), linear(x, w as never, null), 'silu');
        // The gate goes on into a product that needs it for its own gradient; the up part is gated twice.
        const shared = add(sum(mul(gate, gate)), sum(gated(gated(gate, up, 'silu'), up, 'gelu')));
        return add(sum(mul(alone, alone)), shared) as Scalar;
      }, all);
      const result = [...all.keys()].map(name => valuesOf(gradients, name));
      for (const each of [value, ...gradients.values()]) each.dispose();
      return result;
    };
    const before = memory().numTensors;
    const plain = bothWays(gatedActivationReference);
    for (const [index, values] of bothWays(gatedActivation).entries()) {
      for (const [at, value] of values.entries()) expect(value).toBeCloseTo(plain[index]?.[at] ?? Number.NaN, 4);
    }
    expect(memory().numTensors).toBe(before);
    for (const each of all.values()) each.dispose();
  });

  it('the sum of a residual takes the place of its second part, and forgets how that could be made again', () => {
    const [x, w, v] = [drawn([1, 2, 4], 1), drawn([4], 2), drawn([4, 4], 3)];
    const both = new Map([
      ['x', x],
      ['w', w],
      ['v', v],
    ]);
    // linear keeps the sum for its gradient: it must be the sum, not the norm that was there before.
    const inPlace = valueAndGradients(
      () =>
        sum(
          mul(linear(residualAdd(x as never, rmsNorm(x, w as never, norm) as never), v as never, null), 0.5),
        ) as Scalar,
      both,
    );
    const plain = valueAndGradients(
      () => sum(mul(linear(add(x, rmsNorm(x, w as never, norm)), v as never, null), 0.5)) as Scalar,
      both,
    );
    for (const name of ['x', 'w', 'v']) {
      const [got, want] = [valuesOf(inPlace.gradients, name), valuesOf(plain.gradients, name)];
      expect(got.length).toBe(want.length);
      for (const [index, each] of got.entries()) expect(each).toBeCloseTo(want[index] ?? Number.NaN, 5);
    }
    for (const { value, gradients } of [inPlace, plain])
      for (const each of [value, ...gradients.values()]) each.dispose();
    for (const each of [x, w, v]) each.dispose();
  });

  it('an input that several ops read gets the sum of their gradients, in place where that is safe', () => {
    const [x, a, b] = [drawn([3, 4], 1), drawn([5, 4], 2), drawn([6, 4], 3)];
    const { value, gradients } = valueAndGradients(
      () => {
        const y = view<Tensor>(x, [3, 4]);
        return add(add(sum(linear(y, a as never, null)), sum(linear(y, b as never, null))), sum(y)) as Scalar;
      },
      new Map([['x', x]]),
    );
    const columns = (weight: Tensor, rows: number) =>
      Array.from({ length: 4 }, (_, column) =>
        Array.from({ length: rows }, (_, row) => weight.dataSync()[row * 4 + column] ?? 0).reduce((p, q) => p + q),
      );
    const [ofA, ofB] = [columns(a, 5), columns(b, 6)];
    for (const [index, each] of valuesOf(gradients, 'x').entries()) {
      expect(each).toBeCloseTo((ofA[index % 4] ?? 0) + (ofB[index % 4] ?? 0) + 1, 4);
    }
    for (const each of [value, ...gradients.values(), x, a, b]) each.dispose();
  });
});
