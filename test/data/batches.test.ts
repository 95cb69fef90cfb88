import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrayReader, openPackedWriter, openTokenReader, tokenWidth } from '../../src/data/packed-file';
import { type Batch, createTrainingBatches, type TrainingBatches } from '../../src/data/training-batches';
import { createValidationBatches } from '../../src/data/validation-batches';
import { makeWorkspace } from './workspace';

/** Token k has the value k, so that a window shows where it was taken. */
const ramp = (tokens: number) => arrayReader(Uint32Array.from({ length: tokens }, (_, index) => index));

function training(
  tokens: number,
  options: { batch: number; seq: number; seed: number; state?: unknown },
): TrainingBatches {
  const { value, problems } = createTrainingBatches(ramp(tokens), options);
  expect(problems).toEqual([]);
  if (value === null) throw new Error('no batches');
  return value;
}

const take = (batches: TrainingBatches, count: number): Batch[] => Array.from({ length: count }, () => batches.next());
const rows = ({ inputs, batch, seq }: Batch) =>
  Array.from({ length: batch }, (_, row) => [...inputs.subarray(row * seq, (row + 1) * seq)]);

describe('training batches', () => {
  it('hold consecutive tokens, and as targets the same moved on by one', () => {
    for (const { inputs, targets, batch, seq } of take(training(1000, { batch: 4, seq: 16, seed: 1 }), 40)) {
      expect([batch, seq, inputs.length, targets.length]).toEqual([4, 16, 64, 64]);
      for (let at = 0; at < 64; at++) {
        expect(targets[at]).toBe((inputs[at] ?? 0) + 1);
        if (at % 16 > 0) expect(inputs[at]).toBe((inputs[at - 1] ?? 0) + 1);
      }
    }
  });

  it('give every window of a pass once before the next pass, without overlap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 200 }),
        fc.nat(1000),
        (seq, extra, seed) => {
          const tokens = seq + 1 + extra;
          const batches = training(tokens, { batch: 1, seq, seed });
          for (let pass = 0; pass < 3; pass++) {
            const first = rows(batches.next())[0] ?? [];
            const windows = batches.windowsPerEpoch();
            const all = [first, ...take(batches, windows - 1).flatMap(rows)];
            const offset = (first[0] ?? 0) % seq;
            expect(all.flat().sort((one, other) => one - other)).toEqual(
              Array.from({ length: windows * seq }, (_, index) => offset + index),
            );
            // No further window would have fitted, before or behind.
            expect(offset + (windows + 1) * seq).toBeGreaterThan(tokens - 1);
            expect(batches.epochs()).toBe(pass + 1);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('come in an order and from offsets that change from pass to pass and seed to seed', () => {
    const batches = training(1000, { batch: 1, seq: 10, seed: 1 });
    const passes = Array.from({ length: 6 }, () => {
      const first = batches.next();
      return [first, ...take(batches, batches.windowsPerEpoch() - 1)].map(({ inputs }) => inputs[0] ?? 0);
    });
    expect(new Set(passes.map(starts => (starts[0] ?? 0) % 10)).size).toBeGreaterThan(2);
    expect(new Set(passes.map(starts => starts.join())).size).toBe(6);
    expect(passes[0]).not.toEqual([...(passes[0] ?? [])].sort((one, other) => one - other));
    expect(take(training(1000, { batch: 1, seq: 10, seed: 2 }), 99).map(({ inputs }) => inputs[0])).not.toEqual(
      passes[0],
    );
  });

  it('do not depend on the batch size', () => {
    const ones = take(training(777, { batch: 1, seq: 8, seed: 3 }), 240).flatMap(rows);
    const sixes = take(training(777, { batch: 6, seq: 8, seed: 3 }), 40).flatMap(rows);
    expect(sixes).toEqual(ones);
  });

  it('go on bit for bit from a state that went through JSON', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 300 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(80),
        fc.nat(1000),
        (tokens, batch, before, seed) => {
          const options = { batch, seq: 7, seed };
          const straight = training(tokens, options);
          take(straight, before);
          const state: unknown = JSON.parse(JSON.stringify(straight.state()));
          const resumed = training(tokens, { ...options, state });
          expect(take(resumed, 12)).toEqual(take(straight, 12));
          expect(resumed.state()).toEqual(straight.state());
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keep their order from version to version: a changed order would change every old run', () => {
    const batches = training(5000, { batch: 8, seq: 32, seed: 1 });
    const hash = createHash('sha256');
    for (const { inputs } of take(batches, 50)) hash.update(Buffer.from(inputs.buffer));
    expect(hash.digest('hex').slice(0, 16)).toMatchInlineSnapshot(`"5b93692cb3d0bb2c"`);
  });

  it('refuse a state of other data, context or seed, and nonsense', () => {
    const state = training(1000, { batch: 2, seq: 8, seed: 1 }).state();
    const refused = (tokens: number, seq: number, seed: number, given: unknown) =>
      createTrainingBatches(ramp(tokens), { batch: 2, seq, seed, state: given });
    expect(refused(1001, 8, 1, state).problems[0]?.why).toContain('training tokens was 1000 and is 1001');
    expect(refused(1000, 9, 1, state).problems[0]?.why).toContain('the context was 8 and is 9');
    expect(refused(1000, 8, 2, state).problems[0]?.why).toContain('the seed was 1 and is 2');
    for (const nonsense of [null, {}, { ...state, index: -1 }, { ...state, version: 2 }]) {
      expect(refused(1000, 8, 1, nonsense)).toMatchObject({ value: null, problems: [{ code: 'state-mismatch' }] });
    }
  });

  it('say with numbers when there is less than one window', () => {
    const { value, problems } = createTrainingBatches(ramp(16), { batch: 1, seq: 16, seed: 1 });
    expect(value).toBeNull();
    expect(problems).toMatchObject([{ code: 'too-small', what: expect.stringContaining('16') }]);
    expect(problems[0]?.why).toContain('context 16 needs 17');
    expect(take(training(17, { batch: 3, seq: 16, seed: 1 }), 2)).toHaveLength(2);
  });
});

describe('validation batches', () => {
  const validation = (tokens: number, options: { batch: number; seq: number; maxTokens: number }) => {
    const { value, problems } = createValidationBatches(ramp(tokens), options);
    if (value === null) throw new Error('no batches');
    return { batches: [...value], again: [...value], value, problems };
  };

  it('are all windows in order, the same every time', () => {
    const { batches, again, value } = validation(101, { batch: 4, seq: 10, maxTokens: 1e9 });
    expect(batches.map(({ batch }) => batch)).toEqual([4, 4, 2]);
    expect(batches.flatMap(rows).flat()).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(batches.flatMap(({ targets }) => [...targets])).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
    expect(again).toEqual(batches);
    expect(value).toMatchObject({ tokens: 100, windows: 10 });
  });

  it('are spread over the text when only some are allowed', () => {
    const { batches, value } = validation(1001, { batch: 4, seq: 10, maxTokens: 59 });
    expect(value.tokens).toBe(50);
    expect(batches.flatMap(rows).map(row => row[0])).toEqual([0, 200, 400, 600, 800]);
  });

  it('become one shorter window for a short text, with a warning', () => {
    const { batches, problems } = validation(5, { batch: 4, seq: 10, maxTokens: 100 });
    expect(batches).toMatchObject([{ batch: 1, seq: 4 }]);
    expect(problems).toMatchObject([{ severity: 'warning', what: 'Validation has only 5 tokens.' }]);
    expect(createValidationBatches(ramp(1), { batch: 1, seq: 4, maxTokens: 9 })).toMatchObject({ value: null });
  });
});

describe('packed files', () => {
  it.each([
    [65_536, 2],
    [65_537, 4],
  ])('with a vocabulary of %i take %i bytes per token, little endian', async (vocabSize, width) => {
    expect(tokenWidth(vocabSize)).toBe(width);
    const path = join(makeWorkspace(), 'x.bin');
    const writer = await openPackedWriter(path, tokenWidth(vocabSize));
    await writer.write([1, 0x0203]);
    await writer.write([vocabSize - 1]);
    const { tokens, sha256 } = await writer.finish();
    const written = readFileSync(path);
    expect(tokens).toBe(3);
    expect(sha256).toBe(createHash('sha256').update(written).digest('hex'));
    expect([...written.subarray(0, width + 2)]).toEqual(width === 2 ? [1, 0, 3, 2] : [1, 0, 0, 0, 3, 2]);
  });

  it('read the same from memory and from disk', async () => {
    const path = join(makeWorkspace(), 'x.bin');
    const writer = await openPackedWriter(path, 2);
    const ids = Array.from({ length: 600_000 }, (_, index) => (index * 40_503) % 65_536);
    await writer.write(ids);
    await writer.finish();
    const resident = openTokenReader(path, 2);
    const streaming = openTokenReader(path, 2, 1000);
    expect([resident.tokens, streaming.tokens]).toEqual([600_000, 600_000]);
    for (const [start, count] of [
      [0, 10],
      [599_990, 10],
      [123_457, 5000],
      [7, 1],
    ] as const) {
      const one = new Int32Array(count + 2);
      const other = new Int32Array(count + 2);
      resident.read(start, count, one, 1);
      streaming.read(start, count, other, 1);
      expect([...one.subarray(1, count + 1)]).toEqual(ids.slice(start, start + count));
      expect(other).toEqual(one);
      expect([one[0], one[count + 1]]).toEqual([0, 0]);
    }
    for (const reader of [resident, streaming]) {
      expect(() => reader.read(599_995, 10, new Int32Array(10))).toThrow('600000');
      reader.close();
      reader.close();
    }
  });
});
