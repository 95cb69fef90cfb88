import { concat, grads, slice, type Tensor, type Tensor3D, type Tensor4D, tensor, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type DeltaHeads, type DeltaInputs, deltaRule, deltaRuleFrom } from '../../../src/engine/ops/delta-rule';
import { deltaRuleChunked, deltaRuleReference } from '../../../src/engine/ops/delta-rule-plain';
import { expectClose, expectSameOp, onEveryEngine, randomTensor } from './engines';

interface Case extends DeltaHeads {
  readonly batch: number;
  readonly seq: number;
  readonly perChannel: boolean;
}

const plain: Case = { batch: 1, seq: 5, keyHeads: 1, heads: 1, keyDim: 4, valueDim: 4, perChannel: false };

const cases: [string, Case][] = [
  ['one token', { ...plain, seq: 1 }],
  ['tiny', plain],
  ['decay per channel', { ...plain, perChannel: true }],
  ['several value heads per key head', { ...plain, batch: 2, seq: 19, keyHeads: 2, heads: 4, keyDim: 5, valueDim: 6 }],
  [
    'values wider, per channel',
    { ...plain, seq: 17, keyHeads: 1, heads: 2, keyDim: 9, valueDim: 35, perChannel: true },
  ],
  ['keys wider', { ...plain, seq: 16, keyDim: 33, valueDim: 3 }],
  ['a chunk and one token', { ...plain, seq: 65, heads: 2, keyDim: 8, valueDim: 16 }],
  ['chunks, per channel', { ...plain, batch: 2, seq: 130, keyDim: 16, valueDim: 5, perChannel: true }],
];

/** Tensors of a case: mixed, decay (below 0), beta (between 0 and 1). */
function inputsOf({ batch, seq, keyHeads, heads, keyDim, valueDim, perChannel }: Case): Tensor[] {
  const between = (shape: number[], seed: number, low: number, high: number): Tensor =>
    tidy(() => {
      const values = randomTensor(shape, seed).dataSync();
      return tensor(
        values.map(value => low + (high - low) / (1 + Math.exp(-value))),
        shape,
      );
    });
  return [
    randomTensor([batch, seq, 2 * keyHeads * keyDim + heads * valueDim], 1),
    between([batch, seq, heads, ...(perChannel ? [keyDim] : [])], 2, -1.5, 0),
    between([batch, seq, heads], 3, 0, 1),
  ];
}

const named = ([mixed, decay, beta]: Tensor[]): DeltaInputs => {
  if (!mixed || !decay || !beta) throw new Error('three tensors expected');
  return { mixed: mixed as Tensor3D, decay: decay as Tensor4D, beta: beta as Tensor3D };
};

onEveryEngine(({ native }) => {
  for (const [name, each] of cases) {
    it(`equals its sequential reference: ${name}`, () => {
      const inputs = inputsOf(each);
      const reference = (...given: Tensor[]) => deltaRuleReference(named(given), each, null).out;
      const run = (...given: Tensor[]) => deltaRule(named(given), each);
      expectSameOp(run, reference, inputs, { differences: each.seq < 20 });
      // Elsewhere the chunks are what `deltaRule` runs.
      if (native) {
        const chunked = (...given: Tensor[]) => deltaRuleChunked(named(given), each, null).out;
        expectSameOp(chunked, reference, inputs, { differences: false });
      }
      for (const input of inputs) input.dispose();
    });
  }

  it('goes on from a state as if it had never stopped', () => {
    tidy(() => {
      const each: Case = {
        ...plain,
        batch: 2,
        seq: 70,
        keyHeads: 2,
        heads: 4,
        keyDim: 6,
        valueDim: 10,
        perChannel: true,
      };
      const inputs = inputsOf(each);
      const part = (start: number, count: number) =>
        named(
          inputs.map(input =>
            slice(input, [0, start, ...input.shape.slice(2).map(() => 0)], [-1, count, ...input.shape.slice(2)]),
          ),
        );
      const whole = deltaRuleFrom(null, named(inputs), each);
      let state: Tensor4D | null = null;
      const outs: Tensor[] = [];
      for (const [start, count] of [
        [0, 1],
        [1, 66],
        [67, 1],
        [68, 2],
      ] as const) {
        const next = deltaRuleFrom(state, part(start, count), each);
        state = next.state;
        outs.push(next.out);
      }
      expectClose(concat(outs, 1), whole.out, 1e-5);
      expectClose(state ?? whole.out, whole.state, 1e-5);
      expectClose(deltaRule(named(inputs), each), whole.out, 1e-6);
      expectClose(deltaRuleReference(named(inputs), each, null).state, whole.state, 1e-5);
    });
  });

  it('no token hears of a later one, bit for bit', () => {
    tidy(() => {
      const each: Case = { ...plain, seq: 100, heads: 2, keyDim: 8, valueDim: 8, perChannel: true };
      const inputs = inputsOf(each);
      const at = 70;
      const changed = inputs.map(input => {
        const values = input.dataSync().slice();
        for (let i = (at * values.length) / each.seq; i < values.length; i++) values[i] = -0.3;
        return tensor(values, input.shape);
      });
      const [before, after] = [inputs, changed].map(given => deltaRule(named(given), each).dataSync());
      const row = each.heads * each.valueDim;
      expect(after?.slice(0, at * row)).toEqual(before?.slice(0, at * row));
      expect(after?.slice(at * row)).not.toEqual(before?.slice(at * row));
    });
  });

  it('forgets at once, or never, without a number that is not one', () => {
    tidy(() => {
      const each: Case = { ...plain, seq: 40, perChannel: true };
      const [mixed, decay, beta] = inputsOf(each);
      if (!mixed || !decay || !beta) throw new Error('three tensors expected');
      const sizes = decay.dataSync().map((_, i) => [0, -200, -1e-6, -30][i % 4] ?? 0);
      const inputs = [mixed, tensor(sizes, decay.shape), beta];
      const run = (...given: Tensor[]) => deltaRule(named(given), each);
      const reference = (...given: Tensor[]) => deltaRuleReference(named(given), each, null).out;
      expectSameOp(run, reference, inputs, { differences: false });
      const gradients = grads(run)(inputs, randomTensor([1, 40, 1, 4], 5));
      for (const gradient of gradients) expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
    });
  });

  it('says what does not fit', () => {
    tidy(() => {
      const inputs = named(inputsOf(plain));
      expect(() => deltaRule(inputs, { ...plain, keyHeads: 2, heads: 3 })).toThrow(
        'heads must be a multiple of keyHeads',
      );
      expect(() => deltaRule(inputs, { ...plain, valueDim: 5 })).toThrow('mixed must have shape [1, 5, 13]');
    });
  });
});
