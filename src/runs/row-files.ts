import { closeSync, fdatasync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import * as v from 'valibot';
import { type MetricRow, metricRowSchema, type SampleRow, sampleRowSchema } from '../protocol/run-records';
import { createLineTail } from './line-tail';

/** The append-only files of a run. A row, once written, is never changed or taken away. */
export interface RowAppender<Row> {
  /** Writes one row with one system call: a kill afterwards cannot lose it. */
  append(row: Row): void;
  /** Makes everything so far survive a loss of power, too. */
  sync(): void;
  /** Closes the file; `sync` first where the rows must survive a loss of power. Does not fail where appending did. */
  close(): void;
}

/** Longest time that rows stay only in the system's memory. */
const syncEveryMs = 1000;

/** Opens a file of rows for appending. A line torn by an earlier kill is closed first, so that it harms no other. */
export function openRowAppender<Row>(path: string): RowAppender<Row> {
  const file = openSync(path, 'a+');
  if (!endsWithNewline(file)) writeSync(file, '\n');
  let syncedAt = performance.now();
  let syncing = false;
  return {
    append(row) {
      writeWhole(file, Buffer.from(`${JSON.stringify(row)}\n`));
      if (syncing || performance.now() - syncedAt < syncEveryMs) return;
      syncing = true;
      // Away from the loop: a slow disk must not slow the training down. A failure shows at the next checkpoint.
      fdatasync(file, () => {
        syncing = false;
        syncedAt = performance.now();
      });
    },
    sync() {
      fsyncSync(file);
      syncedAt = performance.now();
    },
    close: () => closeSync(file),
  };
}

/** Rows that came since the last read. */
export interface RowsRead<Row> {
  readonly rows: readonly Row[];
  /** Lines that are no rows (torn by a kill, or edited). */
  readonly skipped: number;
  readonly restarted: boolean;
}

export interface RowTail<Row> {
  read(): Promise<RowsRead<Row>>;
}

/** Reads metrics.jsonl as it grows. */
export const createMetricTail = (path: string): RowTail<MetricRow> => createRowTail(path, metricRowSchema);

/** Reads samples.jsonl as it grows. */
export const createSampleTail = (path: string): RowTail<SampleRow> => createRowTail(path, sampleRowSchema);

function createRowTail<Row>(path: string, schema: v.GenericSchema<unknown, Row>): RowTail<Row> {
  const tail = createLineTail(path);
  return {
    async read() {
      const { lines, restarted } = await tail.read();
      const rows: Row[] = [];
      let skipped = 0;
      for (const line of lines) {
        const row = parseRow(line, schema);
        if (row === null) skipped++;
        else rows.push(row);
      }
      return { rows, skipped, restarted };
    },
  };
}

function parseRow<Row>(line: string, schema: v.GenericSchema<unknown, Row>): Row | null {
  try {
    const result = v.safeParse(schema, JSON.parse(line));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

function endsWithNewline(file: number): boolean {
  const stat = fstatSync(file);
  if (!stat.isFile() || stat.size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, stat.size - 1);
  return last[0] === 10;
}
