import { open } from 'node:fs/promises';

/** What came since the last read. */
export interface TailRead {
  readonly lines: readonly string[];
  /** The file became shorter: it is another one now, and everything read before is void. */
  readonly restarted: boolean;
}

/** Bytes per read: a history of 20,000 rows comes in a few pieces, and the caller stays responsive between them. */
const chunkBytes = 1 << 20;
const newline = 10;

/**
 * Reads a growing file of lines from where the last read ended. Only whole lines come out: a line that is being written,
 * or was torn by a kill, waits for its end. Bytes are cut at line breaks, so no character is ever split.
 */
export function createLineTail(path: string): { read(): Promise<TailRead> } {
  let offset = 0;
  let pending: Buffer = Buffer.alloc(0);

  return {
    async read() {
      const handle = await open(path, 'r').catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
        throw error;
      });
      if (handle === null) return { lines: [], restarted: false };
      try {
        const { size } = await handle.stat();
        const restarted = size < offset;
        if (restarted) {
          offset = 0;
          pending = Buffer.alloc(0);
        }
        const lines: string[] = [];
        while (offset < size) {
          const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, size - offset));
          const { bytesRead } = await handle.read(chunk, 0, chunk.length, offset);
          if (bytesRead === 0) break;
          offset += bytesRead;
          takeLines(chunk.subarray(0, bytesRead), lines);
        }
        return { lines, restarted };
      } finally {
        await handle.close();
      }
    },
  };

  function takeLines(chunk: Buffer, lines: string[]): void {
    const last = chunk.lastIndexOf(newline);
    if (last < 0) {
      pending = Buffer.concat([pending, chunk]);
      return;
    }
    const whole = Buffer.concat([pending, chunk.subarray(0, last)]).toString('utf8');
    pending = Buffer.from(chunk.subarray(last + 1));
    for (const line of whole.split('\n')) if (line !== '') lines.push(line);
  }
}
