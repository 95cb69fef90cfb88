import { existsSync } from 'node:fs';
import type { MetricRow, RunRecord, SampleRow } from '../protocol/run-records';
import { openRowAppender } from '../runs/row-files';
import { RunError } from '../runs/run-error';
import { runPaths } from '../runs/run-folder';
import { writeRunRecord } from '../runs/run-record';

/** The trainer's hand on its run folder: the record in memory and on disk, and the open files of rows. */
export interface RunWriter {
  readonly record: RunRecord;
  /** Changes the record and makes it durable. Throws a RunError, and writes nothing, when the run was deleted or moved. */
  update(change: Partial<RunRecord>): void;
  /** Changes the record; it reaches the disk now and then, since the rows say the same. */
  note(change: Partial<RunRecord>): void;
  metric(row: MetricRow): void;
  sample(row: SampleRow): void;
  /** Makes all rows durable. Throws a RunError when the run was deleted or moved. */
  sync(): void;
  close(): void;
}

/** Shortest time between two writes of run.json that only tell of progress. */
const noteEveryMs = 2000;

/** Opens a run folder for writing. Only with its lock held. */
export function openRunWriter(folder: string, initial: RunRecord): RunWriter {
  const paths = runPaths(folder);
  const metrics = openRowAppender<MetricRow>(paths.metrics);
  const samples = openRowAppender<SampleRow>(paths.samples);
  let record = initial;
  let writtenAt = performance.now();
  // Open files outlive their folder: without this look a deleted run would train on, and come back in pieces.
  const expectPresent = () => {
    if (existsSync(paths.metrics)) return;
    throw new RunError(
      `The files of this run were deleted or moved while it trained, so it ended (${folder}). If they were moved, put them back and resume the run; else start a new one.`,
    );
  };
  return {
    get record() {
      return record;
    },
    update(change) {
      expectPresent();
      record = { ...record, ...change };
      writeRunRecord(folder, record);
      writtenAt = performance.now();
    },
    note(change) {
      record = { ...record, ...change };
      if (performance.now() - writtenAt < noteEveryMs) return;
      expectPresent();
      writeRunRecord(folder, record, { durable: false });
      writtenAt = performance.now();
    },
    metric: row => metrics.append(row),
    sample: row => samples.append(row),
    sync() {
      expectPresent();
      metrics.sync();
      samples.sync();
    },
    close() {
      metrics.close();
      samples.close();
    },
  };
}
