import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { endianness } from 'node:os';

/** Tokens in a file: little endian, 2 bytes each for vocabularies up to 65,536, else 4. */
export type TokenWidth = 2 | 4;

export function tokenWidth(vocabSize: number): TokenWidth {
  return vocabSize <= 0x10000 ? 2 : 4;
}

/** Writes tokens one after the other. */
export interface PackedWriter {
  write(ids: readonly number[]): Promise<void>;
  /** Flushes to the disk, closes, and says what was written. */
  finish(): Promise<{ readonly tokens: number; readonly sha256: string }>;
  /** Closes without caring about the rest. */
  abandon(): Promise<void>;
}

const bufferTokens = 256 * 1024;

export async function openPackedWriter(path: string, width: TokenWidth): Promise<PackedWriter> {
  const file: FileHandle = await open(path, 'w');
  const hash: Hash = createHash('sha256');
  const buffer = Buffer.alloc(bufferTokens * width);
  let filled = 0;
  let tokens = 0;

  async function flush(): Promise<void> {
    const ready = buffer.subarray(0, filled);
    hash.update(ready);
    for (let at = 0; at < filled; ) at += (await file.write(ready, at, filled - at)).bytesWritten;
    filled = 0;
  }

  return {
    async write(ids) {
      for (const id of ids) {
        if (filled === buffer.length) await flush();
        if (width === 2) buffer.writeUInt16LE(id, filled);
        else buffer.writeUInt32LE(id, filled);
        filled += width;
      }
      tokens += ids.length;
    },
    async finish() {
      await flush();
      await file.sync();
      await file.close();
      return { tokens, sha256: hash.digest('hex') };
    },
    async abandon() {
      await file.close().catch(() => {});
    },
  };
}

/** Random access to the tokens of a packed file. */
export interface TokenReader {
  /** How many tokens there are. */
  readonly tokens: number;
  /** Copies tokens [start, start + count) to `target` from `offset` on. */
  read(start: number, count: number, target: Int32Array, offset?: number): void;
  close(): void;
}

/** Files up to this size are kept in memory; of larger ones only what is asked for is read. */
export const residentBytes = 64 * 1024 * 1024;

/**
 * Opens a packed file. Small files are read once; large ones stay on disk, where the operating system's cache makes
 * windows of a few kilobytes cheap.
 */
export function openTokenReader(path: string, width: TokenWidth, limitBytes: number = residentBytes): TokenReader {
  const file = openSync(path, 'r');
  const bytes = fstatSync(file).size;
  const tokens = Math.floor(bytes / width);
  if (bytes > limitBytes) return streamingReader(file, tokens, width);
  try {
    const all = Buffer.alloc(tokens * width);
    readFully(file, all, 0);
    return arrayReader(toTokens(all, width));
  } finally {
    closeSync(file);
  }
}

/** A reader over tokens in memory. */
export function arrayReader(all: Uint16Array | Uint32Array): TokenReader {
  return {
    tokens: all.length,
    read(start, count, target, offset = 0) {
      checkRange(start, count, all.length);
      target.set(all.subarray(start, start + count), offset);
    },
    close() {},
  };
}

function streamingReader(file: number, tokens: number, width: TokenWidth): TokenReader {
  let buffer = Buffer.alloc(0);
  let isOpen = true;
  return {
    tokens,
    read(start, count, target, offset = 0) {
      checkRange(start, count, tokens);
      if (buffer.length < count * width) buffer = Buffer.alloc(count * width);
      const window = buffer.subarray(0, count * width);
      readFully(file, window, start * width);
      target.set(toTokens(window, width), offset);
    },
    close() {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}

function readFully(file: number, target: Buffer, position: number): void {
  for (let at = 0; at < target.length; ) {
    const read = readSync(file, target, at, target.length - at, position + at);
    if (read === 0) throw new Error(`Packed file ended ${target.length - at} bytes early; was it changed while open?`);
    at += read;
  }
}

function toTokens(bytes: Buffer, width: TokenWidth): Uint16Array | Uint32Array {
  if (endianness() === 'BE') {
    if (width === 2) bytes.swap16();
    else bytes.swap32();
  }
  const count = bytes.length / width;
  return width === 2
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, count)
    : new Uint32Array(bytes.buffer, bytes.byteOffset, count);
}

function checkRange(start: number, count: number, tokens: number): void {
  if (start < 0 || count < 0 || start + count > tokens) {
    throw new RangeError(`Tokens [${start}, ${start + count}) were asked for, there are [0, ${tokens})`);
  }
}
