import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { float16ToFloat32 } from '../../src/exchange/half-floats';
import { openSafetensors, type SafetensorsSource, writeSafetensors } from '../../src/exchange/safetensors';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'supra-safetensors-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const source = (name: string, shape: number[], values: number[], dtype: 'F32' | 'BF16' = 'F32'): SafetensorsSource => ({
  name,
  shape,
  dtype,
  read: () => Float32Array.from(values),
});

/** A file with this header and this many bytes of data. */
function craft(header: unknown, dataBytes: number): string {
  const path = join(folder, 'crafted.safetensors');
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([length, text, Buffer.alloc(dataBytes)]));
  return path;
}

const problemOf = async (path: string): Promise<string> => {
  try {
    await (await openSafetensors(path)).close();
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('safetensors', () => {
  it('returns what was written, tensor by tensor', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.string({ minLength: 1 }).filter(name => name !== '__metadata__'),
          { maxLength: 5 },
        ),
        fc.array(fc.float({ noNaN: true }), { minLength: 12, maxLength: 12 }),
        fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
        async (names, values, metadata) => {
          const path = join(folder, 'round.safetensors');
          const tensors = names.map((name, index) => {
            const shape = [[12], [3, 4], [2, 3, 2], [], [0, 5]][index] ?? [12];
            return source(
              name,
              shape,
              values.slice(
                0,
                shape.reduce((product, size) => product * size, 1),
              ),
            );
          });
          await writeSafetensors(path, tensors, metadata);
          const file = await openSafetensors(path);
          expect({ ...file.metadata }).toEqual({ ...metadata });
          expect([...file.entries.keys()].sort()).toEqual([...names].sort());
          for (const tensor of tensors) {
            expect(file.entries.get(tensor.name)?.shape).toEqual(tensor.shape);
            expect(await file.floats(tensor.name)).toEqual(tensor.read());
          }
          await file.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('reads what transformers writes', async () => {
    const golden = join(import.meta.dirname, '..', 'fixtures', 'golden', 'qwen3');
    const file = await openSafetensors(join(golden, 'io.safetensors'));
    expect(file.entries.get('input_ids')).toMatchObject({ dtype: 'I64', shape: [2, 24] });
    expect((await file.integers('input_ids')).every(id => id >= 0 && id < 160)).toBe(true);
    expect((await file.floats('loss'))[0]).toBeCloseTo(5.1552443504, 6);
    await file.close();
  });

  it('starts the data at a multiple of 8 bytes', async () => {
    const path = join(folder, 'aligned.safetensors');
    await writeSafetensors(path, [source('a', [1], [1])]);
    expect(Number(readFileSync(path).readBigUInt64LE(0)) % 8).toBe(0);
  });

  it('rounds bf16 to the nearest value, ties to even', async () => {
    const path = join(folder, 'half.safetensors');
    const exact = 1 + 2 ** -7;
    const values = [
      1 + 2 ** -8,
      exact + 2 ** -8,
      1 + 2 ** -8 + 2 ** -16,
      -exact,
      3e38,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      0,
    ];
    await writeSafetensors(path, [source('a', [8], values, 'BF16')]);
    expect(readFileSync(path).length % 8).toBe(0);
    const file = await openSafetensors(path);
    const [down, even, up, same, large = 0, infinite, none, zero] = await file.floats('a');
    expect([down, even, up, same, infinite, none, zero]).toEqual([
      1,
      1 + 2 ** -6,
      exact,
      -exact,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      0,
    ]);
    expect(Math.abs(large / 3e38 - 1)).toBeLessThan(2 ** -8);
    await file.close();
  });

  it('widens half precision', () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x7e00, 0x3555);
    expect([...float16ToFloat32(bits)]).toEqual([
      1,
      -2,
      2 ** -24,
      65504,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      0.333251953125,
    ]);
  });

  it('says that a file was cut short, wherever that happened', async () => {
    const path = join(folder, 'whole.safetensors');
    await writeSafetensors(path, [source('a', [3], [1, 2, 3]), source('b', [2, 2], [4, 5, 6, 7])], { step: '1' });
    const whole = readFileSync(path);
    const cut = join(folder, 'cut.safetensors');
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(cut, whole.subarray(0, length));
      expect(await problemOf(cut), `${length} bytes`).toMatch(/cut short|fewer than the 8/);
    }
    expect(await problemOf(path)).toBe('none');
  });

  it.each([
    ['is not JSON', '{"a":', 0],
    ['is not a JSON object', '[]', 0],
    ['has the type "F8"', { a: { dtype: 'F8', shape: [1], data_offsets: [0, 1] } }, 1],
    ['shape of', { a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, 4],
    ['offsets of', { a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4],
    ['needs 8 bytes, but 4 are given', { a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, 4],
    ['starts at byte 4 of the data, where 0', { a: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }, 8],
    [
      'starts at byte 2 of the data, where 4',
      { a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] }, b: { dtype: 'F32', shape: [1], data_offsets: [2, 6] } },
      6,
    ],
    ['3 bytes after the last tensor', { a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, 7],
  ])('says what is wrong with a header: %s', async (expected, header, dataBytes) => {
    expect(await problemOf(craft(header, dataBytes))).toContain(expected);
  });

  it('refuses a file that is something else, without reading all of it', async () => {
    const path = join(folder, 'text.safetensors');
    writeFileSync(path, 'This is a text, not a model.');
    expect(await problemOf(path)).toContain('it is no safetensors file');
  });

  it('says which tensor is missing or of another type', async () => {
    const path = join(folder, 'types.safetensors');
    await writeSafetensors(path, [source('a', [1], [1])]);
    const file = await openSafetensors(path);
    await expect(file.floats('b')).rejects.toThrow("no tensor 'b'");
    await expect(file.integers('a')).rejects.toThrow('whole numbers are needed');
    await file.close();
  });

  it('refuses to write a tensor twice or with the wrong number of elements', async () => {
    const path = join(folder, 'refused.safetensors');
    await expect(writeSafetensors(path, [source('a', [1], [1]), source('a', [1], [1])])).rejects.toThrow(
      "one tensor 'a'",
    );
    await expect(writeSafetensors(path, [source('a', [2], [1])])).rejects.toThrow('Expected 2 numbers');
  });
});
