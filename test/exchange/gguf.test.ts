import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBytes } from '../../src/data/tokenizers/bytes';
import { ggufArchitectureOf } from '../../src/exchange/gguf/find-architecture';
import { bool, int32s, string, strings, uint32 } from '../../src/exchange/gguf/gguf-values';
import { encodeNumbers, fittingType } from '../../src/exchange/gguf/number-types';
import { tokenizerMetadata } from '../../src/exchange/gguf/tokenizer-metadata';
import { type GgufTensor, writeGguf } from '../../src/exchange/gguf/write-gguf';
import { float16ToFloat32, float32ToFloat16 } from '../../src/exchange/half-floats';
import { tempFolder } from '../support/temp-folder';
import { specOf } from '../support/written-specs';

describe('the file', () => {
  const tensor = (name: string, values: number[], shape = [values.length]): GgufTensor => ({
    name,
    shape,
    type: 'f32',
    read: () => Float32Array.from(values),
  });

  test('is laid out byte by byte as the format says', async () => {
    const path = join(tempFolder(), 'a.gguf');
    const metadata = { a: uint32(7), b: string('é'), c: bool(true), d: strings(['x', '']), e: int32s([-1]) };
    await writeGguf(path, { metadata, tensors: [tensor('m', [1, 2, 3, 4, 5, 6], [3, 2]), tensor('n', [9])] });
    const bytes = readFileSync(path);
    const word = (value: number) => Buffer.from(Int32Array.of(value).buffer);
    const long = (value: number) => Buffer.from(BigInt64Array.of(BigInt(value)).buffer);
    const text = (value: string) => Buffer.concat([long(Buffer.byteLength(value)), Buffer.from(value)]);
    const header = Buffer.concat([
      ...[Buffer.from('GGUF'), word(3), long(2), long(5)],
      ...[text('a'), word(4), word(7)],
      ...[text('b'), word(8), text('é')],
      ...[text('c'), word(7), Buffer.of(1)],
      ...[text('d'), word(9), word(8), long(2), text('x'), text('')],
      ...[text('e'), word(9), word(5), long(1), word(-1)],
      // Innermost dimension first; each tensor at a multiple of 32.
      ...[text('m'), word(2), long(2), long(3), word(0), long(0)],
      ...[text('n'), word(1), long(1), word(0), long(32)],
    ]);
    const start = Math.ceil(header.length / 32) * 32;
    expect(bytes.subarray(0, header.length)).toEqual(header);
    expect(bytes.length).toBe(start + 64);
    expect([...new Float32Array(bytes.buffer, bytes.byteOffset + start, 9)]).toEqual([1, 2, 3, 4, 5, 6, 0, 0, 9]);
  });

  test('is whole or not there: what fails leaves the old one and nothing beside it', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a.gguf');
    writeFileSync(path, 'old');
    const broken = { ...tensor('n', [9]), read: () => Float32Array.of(1, 2) };
    await expect(writeGguf(path, { metadata: {}, tensors: [broken] })).rejects.toThrow(
      "Expected 1 numbers for 'n', got 2",
    );
    expect(readFileSync(path, 'utf8')).toBe('old');
    await expect(writeGguf(path, { metadata: {}, tensors: [tensor('n', [1]), tensor('n', [1])] })).rejects.toThrow(
      'names',
    );
    await writeGguf(path, { metadata: {}, tensors: [tensor('n', [9])] });
    expect(readFileSync(path).subarray(0, 4).toString()).toBe('GGUF');
    expect(readdirSync(folder)).toEqual(['a.gguf']);
  });
});

describe('numbers', () => {
  test('every half survives the way to single precision and back', () => {
    const all = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
    const back = float32ToFloat16(float16ToFloat32(all));
    for (const [bits, value] of back.entries()) {
      const isNan = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
      if (isNan) expect(float16ToFloat32(Uint16Array.of(value))[0]).toBeNaN();
      else if (value !== bits) throw new Error(`${bits} became ${value}`);
    }
  });

  test('a number becomes the nearest half, the even one of two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7bfe }), fc.double({ min: 0, max: 1, noNaN: true }), (bits, share) => {
        const [low = 0, high = 0] = float16ToFloat32(Uint16Array.of(bits, bits + 1));
        const value = Math.fround(low + share * (high - low));
        const [found = 0] = float32ToFloat16(Float32Array.of(value));
        const [toLow, toHigh] = [value - low, high - value];
        const wanted = toLow === toHigh ? bits + (bits % 2) : toLow < toHigh ? bits : bits + 1;
        expect(found).toBe(wanted);
      }),
    );
    expect([...float32ToFloat16(Float32Array.of(65519, 65520, -1e9))]).toEqual([0x7bff, 0x7c00, 0xfc00]);
  });

  test('q8_0 keeps each block of 32 within half a step of a 127th of its largest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 64, maxLength: 64 }),
        values => {
          const bytes = Buffer.from(encodeNumbers('q8_0', Float32Array.from(values)));
          expect(bytes).toHaveLength(2 * 34);
          for (const [index, value] of values.entries()) {
            const block = Math.floor(index / 32);
            const [scale = 0] = float16ToFloat32(Uint16Array.of(bytes.readUInt16LE(block * 34)));
            const largest = Math.max(...values.slice(block * 32, block * 32 + 32).map(Math.abs));
            const decoded = scale * bytes.readInt8(block * 34 + 2 + (index % 32));
            // Half a step, and what the half-precision scale is off.
            expect(Math.abs(decoded - value)).toBeLessThanOrEqual(largest / 254 + largest * 2 ** -10 + 127 * 2 ** -25);
          }
        },
      ),
    );
  });

  test('rows that are no whole blocks stay halves', () => {
    expect([fittingType('q8_0', 96), fittingType('q8_0', 48), fittingType('bf16', 48)]).toEqual([
      'q8_0',
      'f16',
      'bf16',
    ]);
  });
});

describe('what llama.cpp cannot hold is named', () => {
  const model = (layer: string, more = '') =>
    specOf(`model m {
  vocab = 300
  context = 32
  hidden = 32
  ${more}
  layer a {
    ${layer}
  }
  layers = a * 2
}`);
  const llama = 'norm rms\n    attention gqa { heads = 2 }\n    ffn swiglu { width = 32 }';
  test.each([
    ['nothing', llama, 'llama'],
    ['a window as long as the context', llama.replace('heads = 2', 'heads = 2  window = 32'), 'llama'],
    ['a window', llama.replace('heads = 2', 'heads = 2  window = 8'), '`window = 8`'],
    ['a gate', llama.replace('heads = 2', 'heads = 2  gate = fused'), 'attention.gate'],
    ['a norm', llama.replace('norm rms', 'norm layer'), '`norm layer` in layer 1 (a): it has rms'],
    ['steps with a bound', 'norm rms\n    mixer mamba2 { head_dim = 16  state = 8  step_floor = 0.001 }', 'step_floor'],
  ])('%s', (_, layer, expected) => {
    const { value, problems } = ggufArchitectureOf(model(layer));
    expect(value?.name ?? problems.join('\n')).toContain(expected);
  });
});

test('a tokenizer that llama.cpp would read otherwise is refused with the reason', () => {
  const bytes = createBytes().toJson();
  const refused = (json: unknown) => tokenizerMetadata(json, 300, null).problem;
  expect(refused(bytes)).toBeNull();
  expect(refused({ ...bytes, normalizer: { type: 'NFC' } })).toContain('changes text');
  expect(refused({ ...bytes, pre_tokenizer: { type: 'Whitespace' } })).toContain('cuts text into words');
  expect(refused({ ...bytes, model: { type: 'Unigram', vocab: [] } })).not.toBeNull();
  expect(refused(null)).toContain('vocabulary');
});
