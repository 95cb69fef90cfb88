import {
  grads,
  ones,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  tensor,
  tensor1d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type AttentionOptions, attention, attentionReference } from '../../../src/engine/ops/attention';
import { expectClose, expectSameOp, onEveryEngine, randomTensor } from './engines';

interface Case extends AttentionOptions {
  readonly batch: number;
  readonly seq: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly valueDim: number;
  readonly sinks?: boolean;
}

const plain: Case = {
  batch: 1,
  seq: 5,
  heads: 1,
  kvHeads: 1,
  headDim: 4,
  valueDim: 4,
  window: null,
  scale: 0.5,
  softcap: null,
  offset: 0,
};

onEveryEngine(() => {
  const cases: [string, Case][] = [
    ['one token', { ...plain, seq: 1 }],
    ['tiny', plain],
    ['several batches and heads', { ...plain, batch: 2, seq: 7, heads: 3, kvHeads: 3, headDim: 5, valueDim: 5 }],
    ['grouped keys', { ...plain, batch: 2, seq: 11, heads: 6, kvHeads: 2, headDim: 8, valueDim: 8 }],
    ['one key head, value wider', { ...plain, seq: 13, heads: 4, kvHeads: 1, headDim: 6, valueDim: 19 }],
    ['more than one block', { ...plain, seq: 131, heads: 2, kvHeads: 1, headDim: 16, valueDim: 16, scale: 0.25 }],
    ['a window inside a block', { ...plain, seq: 23, window: 3, heads: 2, kvHeads: 2, headDim: 33, valueDim: 31 }],
    ['a window over blocks', { ...plain, seq: 200, window: 70, headDim: 8, valueDim: 8 }],
    ['a window of one', { ...plain, seq: 9, window: 1 }],
    ['a window longer than the text', { ...plain, seq: 9, window: 100 }],
    ['a softcap', { ...plain, seq: 19, heads: 2, kvHeads: 1, softcap: 2.5, scale: 1 }],
    ['a softcap and a window over blocks', { ...plain, seq: 97, softcap: 3, window: 50, scale: 1 }],
    ['an offset', { ...plain, seq: 3, offset: 70, heads: 2, kvHeads: 1 }],
    ['an offset and a window', { ...plain, seq: 50, offset: 30, window: 40 }],
    ['chunks', { ...plain, batch: 2, seq: 17, chunk: 5, heads: 2 }],
    ['chunks of one', { ...plain, seq: 6, chunk: 1 }],
    ['chunks over blocks', { ...plain, seq: 150, chunk: 70, heads: 2, headDim: 8, valueDim: 8 }],
    ['a chunk longer than the text', { ...plain, seq: 9, chunk: 100 }],
    ['chunks, a window and an offset', { ...plain, seq: 60, offset: 13, chunk: 30, window: 11 }],
    ['sinks', { ...plain, batch: 2, seq: 12, heads: 4, kvHeads: 2, headDim: 8, valueDim: 5, sinks: true }],
    ['sinks of one token', { ...plain, seq: 1, heads: 2, sinks: true }],
    ['sinks and a window over blocks', { ...plain, seq: 140, heads: 2, window: 60, sinks: true }],
    ['sinks, chunks and a softcap', { ...plain, seq: 19, heads: 3, chunk: 6, softcap: 2, sinks: true }],
  ];
  for (const [name, { batch, seq, heads, kvHeads, headDim, valueDim, sinks, ...options }] of cases) {
    it(`equals its reference: ${name}`, () => {
      const keySeq = seq + options.offset;
      const inputs = [
        randomTensor([batch, seq, heads, headDim], 1),
        randomTensor([batch, keySeq, kvHeads, headDim], 2),
        randomTensor([batch, keySeq, kvHeads, valueDim], 3),
        ...(sinks ? [randomTensor([heads], 4)] : []),
      ];
      const call = (op: typeof attention) => (query: Tensor, key: Tensor, value: Tensor, sink?: Tensor) =>
        op(query as Tensor4D, key as Tensor4D, value as Tensor4D, options, sink as Tensor1D | undefined);
      expectSameOp(call(attention), call(attentionReference), inputs, { differences: seq < 20 });
      for (const input of inputs) input.dispose();
    });
  }

  it('no query sees a later key, nor one before its window', () => {
    tidy(() => {
      const [seq, window, at] = [140, 20, 100];
      const query = randomTensor<Tensor4D>([1, seq, 2, 8], 1);
      const key = randomTensor<Tensor4D>([1, seq, 1, 8], 2);
      const value = randomTensor<Tensor4D>([1, seq, 1, 8], 3);
      const options = { window, scale: 1, softcap: null, offset: 0 };
      const run = (k: Tensor4D, v: Tensor4D) => attention(query, k, v, options).dataSync();
      const before = run(key, value);
      const changed = [key, value].map(each => {
        const values = each.dataSync().slice();
        for (let i = 0; i < 8; i++) values[at * 8 + i] = 5 - i;
        return tensor(values, [1, seq, 1, 8]) as Tensor4D;
      });
      const after = run(changed[0] ?? key, changed[1] ?? value);
      const touched = new Set<number>();
      for (const [i, each] of before.entries()) if (each !== after[i]) touched.add(Math.floor(i / 16));
      expect([...touched].sort((a, b) => a - b)).toEqual(Array.from({ length: window }, (_, i) => at + i));
    });
  });

  it('a sink takes its share of every query and gives nothing', () => {
    tidy(() => {
      const shape: [number, number, number, number] = [1, 3, 1, 2];
      const [query, key] = [randomTensor<Tensor4D>(shape, 1), zeros(shape) as Tensor4D];
      const options = { window: null, scale: 1, softcap: null, offset: 0 };
      // All scores are 0 and all values 1, so that the sink of score log 2 weighs as two tokens.
      const out = attention(query, key, ones(shape) as Tensor4D, options, tensor1d([Math.log(2)]));
      const expected = [1 / 3, 2 / 4, 3 / 5].flatMap(share => [share, share]);
      expectClose(out, tensor(expected, shape), 1e-6);
    });
  });

  it('large scores do not overflow', () => {
    tidy(() => {
      const query = randomTensor<Tensor4D>([1, 70, 1, 4], 1, 100);
      const key = randomTensor<Tensor4D>([1, 70, 1, 4], 2, 100);
      const value = randomTensor<Tensor4D>([1, 70, 1, 4], 3);
      const options = { window: null, scale: 1, softcap: null, offset: 0 };
      expectClose(attention(query, key, value, options), attentionReference(query, key, value, options), 1e-5);
      const f = (...inputs: Tensor[]) => attention(...(inputs as [Tensor4D, Tensor4D, Tensor4D]), options);
      for (const gradient of grads(f)([query, key, value])) {
        expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
      }
    });
  });

  it('says what does not fit', () => {
    tidy(() => {
      const four = (...shape: number[]) => randomTensor<Tensor4D>(shape, 1);
      const options = { window: null, scale: 1, softcap: null, offset: 0 };
      expect(() => attention(four(1, 2, 3, 4), four(1, 2, 2, 4), four(1, 2, 2, 4), options)).toThrow(
        'heads must be a multiple of kvHeads, but are 3 and 2',
      );
      expect(() => attention(four(1, 2, 3, 4), four(1, 2, 3, 5), four(1, 2, 3, 4), options)).toThrow(
        'key must have shape [1, *, *, 4], but has [1, 2, 3, 5]',
      );
      expect(() => attention(four(1, 2, 1, 4), four(1, 2, 1, 4), four(1, 2, 1, 4), { ...options, offset: 1 })).toThrow(
        'offset 1 + seq 2 > keySeq 2',
      );
    });
  });
});
