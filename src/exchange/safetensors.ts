import { type FileHandle, open } from 'node:fs/promises';
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16 } from './half-floats';

/**
 * Reads and writes the safetensors format: 8 bytes of header length, a JSON header, then the tensors' bytes.
 * https://huggingface.co/docs/safetensors
 *
 * Tensors are read and written one at a time; a file is never held as a whole.
 */

const itemBytes = { F32: 4, F64: 8, BF16: 2, F16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;
export type SafetensorsDtype = keyof typeof itemBytes;

export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
}

/** A file that is not what it should be. The message says what is wrong and is meant for people. */
export class SafetensorsError extends Error {
  constructor(path: string, problem: string) {
    super(`${path} cannot be read as safetensors: ${problem}`);
    this.name = 'SafetensorsError';
  }
}

/** An open file. Close it. */
export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** Every tensor by name, in the order of their bytes. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  /** A tensor of floating point numbers as 32 bits; bf16 and f16 are widened. */
  floats(name: string): Promise<Float32Array>;
  /** A tensor of whole numbers; int64 must stay below 2^53. */
  integers(name: string): Promise<number[]>;
  close(): Promise<void>;
}

/** A tensor to write. `read` is called when its turn comes, so a caller need not hold all of them at once. */
export interface SafetensorsSource {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'F32' | 'BF16';
  read(): Float32Array;
}

interface PlacedEntry extends SafetensorsEntry {
  readonly begin: number;
  readonly end: number;
}

/** The format allows headers up to this size; a longer one is a damaged or hostile file. */
const maxHeaderBytes = 100_000_000;
const lengthBytes = 8;

/** Opens a file and checks its header against its size. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const handle = await open(path, 'r');
  try {
    return await readHeader(path, handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Writes a file and waits until it is on the disk. Tensors start at a multiple of 8 bytes, one after the other.
 * The file is written in place: whoever needs it whole or not at all writes it aside and renames it.
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly SafetensorsSource[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const entries = new Map<string, unknown>(Object.keys(metadata).length > 0 ? [[metadataKey, metadata]] : []);
  let offset = 0;
  for (const { name, shape, dtype } of tensors) {
    if (name === metadataKey || entries.has(name)) throw new Error(`Expected one tensor '${name}', got more.`);
    const end = offset + sizeOf(shape) * itemBytes[dtype];
    entries.set(name, { dtype, shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.length / 8) * 8;
  const head = Buffer.alloc(lengthBytes + padded, ' ');
  head.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(head, lengthBytes);

  const handle = await open(path, 'w');
  try {
    await writeAll(handle, head);
    for (const { name, shape, dtype, read } of tensors) {
      const data = read();
      if (data.length !== sizeOf(shape)) {
        throw new Error(`Expected ${sizeOf(shape)} numbers for '${name}', got ${data.length}.`);
      }
      await writeAll(handle, bytesOf(dtype === 'BF16' ? float32ToBfloat16(data) : data));
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const metadataKey = '__metadata__';

async function readHeader(path: string, handle: FileHandle): Promise<SafetensorsFile> {
  const fail = (problem: string) => new SafetensorsError(path, problem);
  const { size } = await handle.stat();
  if (size < lengthBytes) throw fail(`it has ${size} bytes, fewer than the 8 that say how long the header is.`);
  const start = Buffer.alloc(lengthBytes);
  await readAt(handle, start, 0);
  const headerBytes = Number(start.readBigUInt64LE(0));
  if (headerBytes > maxHeaderBytes)
    throw fail(`its first 8 bytes ask for a header of ${headerBytes} bytes; it is no safetensors file.`);
  const dataStart = lengthBytes + headerBytes;
  if (dataStart > size) {
    throw fail(
      `the header needs ${headerBytes} bytes but the file ends after ${size}. It was cut short: copy or download it again.`,
    );
  }
  const text = Buffer.alloc(headerBytes);
  await readAt(handle, text, lengthBytes);
  const { metadata, placed } = parseHeader(text.toString('utf8'), fail);
  const needed = [...placed.values()].reduce((most, { end }) => Math.max(most, end), 0);
  if (dataStart + needed > size) {
    throw fail(
      `its tensors need ${dataStart + needed} bytes but it has ${size}. It was cut short: copy or download it again.`,
    );
  }
  if (dataStart + needed < size)
    throw fail(`${size - dataStart - needed} bytes after the last tensor belong to no tensor.`);

  const bytes = async (name: string): Promise<{ entry: PlacedEntry; buffer: ArrayBuffer }> => {
    const entry = placed.get(name);
    if (entry === undefined) throw new SafetensorsError(path, `it has no tensor '${name}'.`);
    const buffer = new ArrayBuffer(entry.end - entry.begin);
    await readAt(handle, new Uint8Array(buffer), dataStart + entry.begin);
    return { entry, buffer };
  };
  return {
    metadata,
    entries: placed,
    async floats(name) {
      const { entry, buffer } = await bytes(name);
      switch (entry.dtype) {
        case 'F32':
          return new Float32Array(buffer);
        case 'F64':
          return Float32Array.from(new Float64Array(buffer));
        case 'BF16':
          return bfloat16ToFloat32(new Uint16Array(buffer));
        case 'F16':
          return float16ToFloat32(new Uint16Array(buffer));
        default:
          throw fail(`'${name}' holds ${entry.dtype}, where floating point numbers are needed.`);
      }
    },
    async integers(name) {
      const { entry, buffer } = await bytes(name);
      switch (entry.dtype) {
        case 'I64':
          return Array.from(new BigInt64Array(buffer), Number);
        case 'I32':
          return Array.from(new Int32Array(buffer));
        case 'I16':
          return Array.from(new Int16Array(buffer));
        case 'I8':
          return Array.from(new Int8Array(buffer));
        case 'U8':
        case 'BOOL':
          return Array.from(new Uint8Array(buffer));
        default:
          throw fail(`'${name}' holds ${entry.dtype}, where whole numbers are needed.`);
      }
    },
    close: () => handle.close(),
  };
}

function parseHeader(
  text: string,
  fail: (problem: string) => SafetensorsError,
): { metadata: Record<string, string>; placed: Map<string, PlacedEntry> } {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw fail('its header is not JSON.');
  }
  if (!isRecord(header)) throw fail('its header is not a JSON object.');
  const { [metadataKey]: rawMetadata = {}, ...rest } = header;
  if (!isRecord(rawMetadata)) throw fail('its metadata is not a JSON object.');
  const metadata = Object.fromEntries(Object.entries(rawMetadata).map(([key, value]) => [key, String(value)]));
  const entries = Object.entries(rest).map(([name, raw]) => [name, parseEntry(name, raw, fail)] as const);
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let previous = 0;
  for (const [name, { begin, end }] of entries) {
    if (begin !== previous) throw fail(`'${name}' starts at byte ${begin} of the data, where ${previous} is expected.`);
    previous = end;
  }
  return { metadata, placed: new Map(entries) };
}

function parseEntry(name: string, raw: unknown, fail: (problem: string) => SafetensorsError): PlacedEntry {
  if (!isRecord(raw)) throw fail(`the entry of '${name}' is not a JSON object.`);
  const { dtype, shape, data_offsets: offsets } = raw;
  if (typeof dtype !== 'string' || !isDtype(dtype)) {
    throw fail(`'${name}' has the type ${JSON.stringify(dtype)}; known are ${Object.keys(itemBytes).join(', ')}.`);
  }
  if (!isCounts(shape)) throw fail(`the shape of '${name}' is not a list of whole numbers.`);
  if (!isCounts(offsets) || offsets.length !== 2) throw fail(`the offsets of '${name}' are not two whole numbers.`);
  const [begin = 0, end = 0] = offsets;
  const expected = sizeOf(shape) * itemBytes[dtype];
  if (end - begin !== expected) {
    throw fail(`'${name}' ${dtype} [${shape.join(', ')}] needs ${expected} bytes, but ${end - begin} are given to it.`);
  }
  return { dtype, shape, begin, end };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isDtype = (word: string): word is SafetensorsDtype => Object.hasOwn(itemBytes, word);
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(item => Number.isSafeInteger(item) && item >= 0);
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
const bytesOf = (data: Float32Array | Uint16Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Fills `target` from `position`; a short read is a file that shrank while it was open. */
async function readAt(handle: FileHandle, target: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
    if (bytesRead === 0)
      throw new Error(`Expected ${target.length} bytes at ${position}, got ${done}: the file shrank.`);
    done += bytesRead;
  }
}

async function writeAll(handle: FileHandle, data: Uint8Array): Promise<void> {
  let done = 0;
  while (done < data.length) {
    const { bytesWritten } = await handle.write(data, done, data.length - done);
    done += bytesWritten;
  }
}
