import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GgufMetadata, GgufValue } from './gguf-values';
import { bytesOfType, encodeNumbers, type GgufType, typeNumbers } from './number-types';

/**
 * Writes GGUF, version 3, the format of llama.cpp: magic, counts, typed metadata, a description of each tensor, then their
 * numbers, all little-endian. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */

/** A tensor to write. `read` is called when its turn comes, so a caller need not hold all of them at once. */
export interface GgufTensor {
  readonly name: string;
  /** Outermost dimension first, as everywhere here; the file has the innermost first. */
  readonly shape: readonly number[];
  readonly type: GgufType;
  read(): Float32Array;
}

export interface GgufContent {
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensor[];
}

/** Tensors start at multiples of this, which is what readers take for granted. */
const alignment = 32;
const version = 3;

const valueTypes = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

/** Writes a whole file or nothing: beside its place first, then under its name, where an earlier file is replaced. */
export async function writeGguf(path: string, content: GgufContent): Promise<void> {
  const aside = join(dirname(path), `.writing-${process.pid}-${Date.now()}.gguf`);
  const handle = await open(aside, 'wx');
  try {
    await writeContent(handle, content);
    await handle.sync();
    await handle.close();
    await rename(aside, path);
  } finally {
    await handle.close().catch(() => undefined);
    await rm(aside, { force: true });
  }
}

async function writeContent(handle: FileHandle, { metadata, tensors }: GgufContent): Promise<void> {
  const names = new Set(tensors.map(({ name }) => name));
  if (names.size < tensors.length) throw new Error('Expected tensors of different names.');
  await writeAll(handle, headerOf(metadata, tensors));
  for (const { name, type, shape, read } of tensors) {
    const values = read();
    if (values.length !== sizeOf(shape))
      throw new Error(`Expected ${sizeOf(shape)} numbers for '${name}', got ${values.length}.`);
    const bytes = encodeNumbers(type, values);
    await writeAll(handle, bytes);
    await writeAll(handle, new Uint8Array(aligned(bytes.length) - bytes.length));
  }
}

/** Everything before the numbers, filled up to the alignment. */
function headerOf(metadata: GgufMetadata, tensors: readonly GgufTensor[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const entries = Object.entries(metadata);
  parts.push(Buffer.from('GGUF'), word(version), long(tensors.length), long(entries.length));
  for (const [key, value] of entries) parts.push(text(key), typedValue(value));
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    parts.push(text(name), word(shape.length));
    for (const size of shape.toReversed()) parts.push(long(size));
    parts.push(word(typeNumbers[type].tensor), long(offset));
    offset += aligned(bytesOfType(type, sizeOf(shape)));
  }
  const bytes = Buffer.concat(parts);
  return Buffer.concat([bytes, new Uint8Array(aligned(bytes.length) - bytes.length)]);
}

function typedValue(value: GgufValue): Uint8Array {
  switch (value.type) {
    case 'strings':
      return array(valueTypes.string, value.value.map(text));
    case 'int32s':
      return array(
        valueTypes.int32,
        value.value.map(each => scalar('int32', each)),
      );
    case 'string':
      return Buffer.concat([word(valueTypes.string), text(value.value)]);
    case 'bool':
      return Buffer.concat([word(valueTypes.bool), Uint8Array.of(value.value ? 1 : 0)]);
    default:
      return Buffer.concat([word(valueTypes[value.type]), scalar(value.type, value.value)]);
  }
}

const array = (type: number, items: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([word(valueTypes.array), word(type), long(items.length), ...items]);

function scalar(type: 'uint32' | 'int32' | 'float32', value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  if (type === 'uint32') bytes.writeUInt32LE(value);
  else if (type === 'int32') bytes.writeInt32LE(value);
  else bytes.writeFloatLE(value);
  return bytes;
}

const word = (value: number): Uint8Array => scalar('uint32', value);

function long(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** Length in bytes, then UTF-8. */
function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([long(bytes.length), bytes]);
}

const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

async function writeAll(handle: FileHandle, data: Uint8Array): Promise<void> {
  for (let done = 0; done < data.length; ) done += (await handle.write(data, done, data.length - done)).bytesWritten;
}
