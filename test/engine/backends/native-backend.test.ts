import { readFileSync } from 'node:fs';
import {
  add,
  concat,
  div,
  erf,
  exp,
  fill,
  gather,
  getKernelsForBackend,
  matMul,
  maximum,
  mean,
  memory,
  minimum,
  mul,
  neg,
  pad,
  reciprocal,
  relu,
  reshape,
  rsqrt,
  setBackend,
  sigmoid,
  slice,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tanh,
  tensor,
  tensor1d,
  tensor2d,
  tidy,
  tile,
  transpose,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../../src/engine/backends/choose-backend';
import { currentNativeBackend, type NativeBackend } from '../../../src/engine/backends/native/native-backend';
import { reportNativeBackend } from '../../../src/engine/backends/native/native-backend-report';
import { attention } from '../../../src/engine/ops/attention';
import { linear } from '../../../src/engine/ops/linear';
import { linearCrossEntropy } from '../../../src/engine/ops/linear-cross-entropy';
import { rmsNorm } from '../../../src/engine/ops/rms-norm';
import { expectClose, nativeAddon, randomIds, randomTensor } from '../ops/engines';

const report = reportNativeBackend();
if (!report.available) console.log(`skipped: tests of the native backend. ${report.reason}`);

describe.skipIf(!report.available)('the native backend', () => {
  let backend: NativeBackend;
  beforeAll(async () => {
    await useBackend('native');
    const current = currentNativeBackend();
    if (current === null) throw new Error('native is not the current backend');
    backend = current;
  });

  it('has every kernel of the CPU backend', () => {
    const names = (backendName: string) => getKernelsForBackend(backendName).map(({ kernelName }) => kernelName);
    expect(names('native').sort()).toEqual(names('cpu').sort());
  });

  describe('computes tfjs kernels as the CPU backend does:', () => {
    const unary: Record<string, (x: Tensor) => Tensor> = {
      neg,
      square,
      exp,
      tanh,
      sigmoid,
      erf,
      reciprocal,
      relu,
      sqrt: x => sqrt(square(x)),
      rsqrt: x => rsqrt(add(square(x), 1)),
      'sum of all': x => sum(x),
      'sum of the last axis': x => sum(x, -1),
      'sum of the first axes, kept': x => sum(x, [0, 1], true),
      'sum of the middle axis': x => sum(x, 1),
      'sum of separate axes': x => sum(x, [0, 2]),
      'sum of separate axes, between which one has one element': x => sum(reshape(x, [4, 5, 1, 7]), [1, 3]),
      'sum of an axis and of axes of one element, kept': x => sum(reshape(x, [1, 4, 5, 1, 7]), [0, 2, 3], true),
      'sum of an axis of one element': x => sum(reshape(x, [4, 1, 35]), 1),
      'tile of every axis': x => tile(x, [2, 3, 2]),
      'tile of one axis': x => tile(x, [1, 4, 1]),
      'tile of nothing': x => tile(x, [1, 1, 1]),
      'pad of the first axis': x =>
        pad(x, [
          [1, 2],
          [0, 0],
          [0, 0],
        ]),
      'pad of the middle axis': x =>
        pad(
          x,
          [
            [0, 0],
            [2, 0],
            [0, 0],
          ],
          0.5,
        ),
      'pad of the last axis': x =>
        pad(x, [
          [0, 0],
          [0, 0],
          [1, 3],
        ]),
      'pad of two axes': x =>
        pad(x, [
          [1, 0],
          [0, 0],
          [0, 2],
        ]),
      softmax: x => softmax(mul(x, 20)),
      'softmax with hidden scores': x => softmax(concat([x, fill([4, 5, 2], Number.NEGATIVE_INFINITY)], 2)),
      'mean of the last axis': x => mean(x, -1, true),
      'mean of all': x => mean(x),
      'transpose 210': x => transpose(x, [2, 1, 0]),
      'transpose 021': x => transpose(x, [0, 2, 1]),
      slice: x => slice(x, [1, 0, 2], [2, 3, 4]),
      'slice to the end': x => slice(x, [0, 1, 0], [-1, -1, 3]),
      'concat 0': x => concat([x, x], 0),
      'concat last': x => concat([x, slice(x, [0, 0, 0], [-1, -1, 2])], -1),
      'concat middle': x => concat([x, x, x], 1),
      'times scalar': x => mul(x, 3),
      'scalar minus': x => sub(1, x),
      'divided by last dimension': x => div(x, tensor1d([1, 2, 3, 4, 5, 6, 7])),
      'plus column': x => add(x, tensor([1, 2, 3, 4, 5], [5, 1])),
      'outer plus': x => add(slice(x, [0, 0, 0], [1, 1, 7]), slice(x, [0, 0, 0], [4, 5, 1])),
      'maximum of broadcast': x => maximum(x, tensor([0.1, 0.2, 0.3, 0.4], [4, 1, 1])),
      minimum: x => minimum(x, 0.5),
      'matMul of stacks': x => matMul(x, x, false, true),
      'matMul with one for all': x => matMul(x, slice(x, [0, 0, 0], [1, -1, -1]), true, false),
      gather: x => gather(x, tensor1d([3, 0, 3], 'int32')),
    };
    for (const [name, f] of Object.entries(unary)) {
      it(name, async () => {
        const values = randomTensor([4, 5, 7], 1);
        const data = values.dataSync();
        values.dispose();
        const run = () => {
          const x = tensor(data, [4, 5, 7]);
          const y = f(x);
          return { shape: y.shape, values: [...y.dataSync()] };
        };
        const actual = tidy(run);
        await setBackend('cpu');
        const expected = tidy(run);
        await setBackend('native');
        expect(actual.shape).toEqual(expected.shape);
        for (const [i, value] of expected.values.entries()) expect(actual.values[i]).toBeCloseTo(value, 5);
      });
    }

    it('int32, bool and empty tensors too', () => {
      tidy(() => {
        expect([...add(tensor1d([1, 2], 'int32'), tensor1d([3, 4], 'int32')).dataSync()]).toEqual([4, 6]);
        expect(sum(tensor1d([], 'float32')).dataSync()[0]).toBe(0);
        expect(concat([tensor2d([], [0, 3]), tensor2d([[1, 2, 3]])], 0).shape).toEqual([1, 3]);
        expect([...sum(tensor1d([true, false, true], 'bool')).dataSync()]).toEqual([2]);
      });
    });

    it('says which inner dimensions differ', () => {
      tidy(() => {
        expect(() => matMul(tensor2d([[1, 2]]), tensor2d([[1, 2]]))).toThrow(/inner/i);
      });
    });
  });

  it('never recycles what a user gave or got', () => {
    const given = Float32Array.of(1, 2, 3, 4);
    const start = tensor1d(given);
    const doubled = mul(start, 2);
    const read = doubled.dataSync();
    start.dispose();
    doubled.dispose();
    tidy(() => {
      for (let i = 0; i < 4; i++) add(tensor1d([9, 9, 9, 9]), i);
    });
    expect([...given]).toEqual([1, 2, 3, 4]);
    expect([...read]).toEqual([2, 4, 6, 8]);
  });

  it('leaves memory alone that a CPU kernel made a second tensor of', () => {
    const values = backend.output([4]);
    backend.floats(values).set([1, 2, 3, 4]);
    // What a kernel of the CPU backend does when it returns a view of its input.
    const view = backend.makeTensorInfo([2], 'float32', backend.floats(values).subarray(1, 3));
    backend.disposeData(values.dataId);
    tidy(() => {
      for (let i = 0; i < 4; i++) add(tensor1d([9, 9, 9, 9]), i);
    });
    expect([...backend.readSync(view.dataId)]).toEqual([2, 3]);
    backend.disposeData(view.dataId);
  });

  it('uses its memory again: equal steps allocate nothing after the first', () => {
    const weight = randomTensor<Tensor2D>([37, 29], 1);
    const x = randomTensor([50, 29], 2);
    const step = () => tidy(() => void square(linear(x, weight, null)).dataSync());
    step();
    const before = backend.memory().allocatedBytes;
    for (let i = 0; i < 5; i++) step();
    expect(backend.memory().allocatedBytes).toBe(before);
    x.dispose();
    weight.dispose();
  });

  it('gives free memory back on request', () => {
    const tensors = memory().numTensors;
    const before = backend.memory();
    expect(before.freeBytes).toBeGreaterThan(0);
    backend.pool.trim();
    const after = backend.memory();
    expect(after.freeBytes).toBe(0);
    expect(after.allocatedBytes).toBe(before.allocatedBytes - before.freeBytes);
    expect(memory().numTensors).toBe(tensors);
  });

  it('is deterministic: the same bits again, and the same bits for every number of threads', () => {
    const addon = nativeAddon();
    const bits = () =>
      tidy(() => {
        const x = randomTensor<Tensor2D>([300, 64], 1);
        const weight = randomTensor<Tensor2D>([500, 64], 2);
        const targets = randomIds<Tensor>([300], 3, 0, 500);
        const heads = randomTensor([2, 150, 4, 16], 4);
        const normalized = rmsNorm(x, null, { epsilon: 1e-5, unitOffset: false });
        const options = { softcap: null, precision: 'fp32', training: false } as const;
        const results: Tensor[] = [
          linear(normalized, weight, null),
          linearCrossEntropy(x, weight, targets as never, options),
          attention(heads as never, heads as never, heads as never, {
            window: 40,
            scale: 0.25,
            softcap: null,
            offset: 0,
          }),
          sum(x),
          sum(x, 0),
        ];
        return results.map(result => Buffer.from(result.dataSync().buffer).toString('base64'));
      });
    const threads = addon.describe().threads;
    const expected = bits();
    for (const count of [threads, 1, 2, 3, 1]) {
      addon.configure('', count);
      expect(bits()).toEqual(expected);
    }
    addon.configure('', threads);
  });

  // Once they were silently left out of the build, and training took twice as long as it had to on processors that have them.
  it.runIf(process.arch === 'x64')(
    'is compiled for every instruction set, and uses the best that this processor has',
    () => {
      const { available, compiled, instructionSet } = nativeAddon().describe();
      expect(compiled).toEqual(['avx512bf16', 'avx512', 'avx2', 'baseline']);
      expect(instructionSet).toBe(available[0]);
      if (process.platform !== 'linux') return;
      const flags = new Set(/^flags\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' '));
      expect(available.includes('avx2')).toBe(flags.has('avx2') && flags.has('fma'));
      const avx512 = ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl'].every(flag => flags.has(flag));
      expect(available.includes('avx512')).toBe(avx512);
      expect(available.includes('avx512bf16')).toBe(avx512 && flags.has('avx512_bf16'));
    },
  );

  it('computes the same on every instruction set, within rounding', () => {
    const addon = nativeAddon();
    tidy(() => {
      const [a, b] = [randomTensor<Tensor2D>([41, 130], 1), randomTensor<Tensor2D>([130, 37], 2)];
      const [first, ...others] = addon.describe().available.map(set => {
        addon.configure(set, 0);
        expect(addon.describe().instructionSet).toBe(set);
        return matMul(a, b);
      });
      if (first === undefined) throw new Error('no instruction set');
      for (const other of others) expectClose(other, first, 1e-5);
    });
    addon.configure('', 0);
    expect(() => addon.configure('abacus', 0)).toThrow(/instruction set must be one of .*baseline, but is abacus/);
  });

  it('refuses arrays that are too short instead of reading past their end', () => {
    const addon = nativeAddon();
    expect(() => addon.unary(0, 0, 5, new Float32Array(4), new Float32Array(5))).toThrow(
      'x must hold 5 elements, but holds 4',
    );
    expect(() => addon.unary(0, 0, 5, new Int32Array(5) as never, new Float32Array(5))).toThrow(
      'x must be a Float32Array',
    );
    expect(() => addon.sumOfSquares(Number.NaN, new Float32Array(4))).toThrow('argument 0 (size) must be a count');
  });
});
