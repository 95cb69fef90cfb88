import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file so that a reader, or a machine that loses power, sees the old content or the new one and nothing between:
 * written aside, synced, renamed. `durable: false` leaves out the sync where losing the newest version is harmless.
 */
export function writeFileAtomically(path: string, content: string, { durable = true } = {}): void {
  const aside = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(aside, 'w');
    try {
      writeFileSync(file, content);
      if (durable) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
  if (durable) syncFolder(dirname(path));
}

/** Makes a file that is written in pieces durable before it gets its final place. */
export function writeFileDurably(path: string, pieces: Iterable<Uint8Array>): void {
  const file = openSync(path, 'w');
  try {
    for (const piece of pieces) {
      for (let done = 0; done < piece.byteLength; ) done += writeSync(file, piece, done);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes renames inside a folder durable, where the system can sync folders (Windows cannot). */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes a folder and those above it. */
export const ensureFolder = (folder: string): void => void mkdirSync(folder, { recursive: true });

/** Makes a folder inside one that exists. Throws when that is gone: a deleted run must not come back in pieces. */
export function ensureSubfolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}
