import { type FSWatcher, watch } from 'node:fs';
import type { ExpertLoad } from '../protocol/expert-load';
import type { MetricRow, RunRecord, SampleRow, ShownStatus } from '../protocol/run-records';
import { createExpertLoadWatch } from './expert-load-file';
import { createMetricTail, createSampleTail } from './row-files';
import { runPaths } from './run-folder';
import { readRunRecord } from './run-record';
import { shownStatus } from './run-status';
import { heartbeatMs, watchAs } from './watchers';

/** What is new in a run folder. The first update carries everything recorded so far. */
export interface RunUpdate {
  /** The record, when it is readable. */
  readonly record: RunRecord | null;
  readonly status: ShownStatus | null;
  /** Why the record cannot be read (a deleted folder, too). */
  readonly problem: string | null;
  readonly metrics: readonly MetricRow[];
  readonly samples: readonly SampleRow[];
  /** The load of the experts, when it was written anew. */
  readonly experts: ExpertLoad | null;
  /** The files were replaced: forget earlier rows. */
  readonly restarted: boolean;
}

export interface FollowOptions {
  /** Longest wait between two looks, for file systems that tell nothing. */
  readonly intervalMs?: number;
  /** Count as a watching host under this name: the trainer then goes on when its parent is gone. */
  readonly heartbeatAs?: string;
}

export interface FollowedRun {
  /** Look now (the trainer said that something changed). Resolves after the look. */
  poke(): Promise<void>;
  close(): void;
}

/**
 * Tells of everything new in a run folder, written by any process, until closed. Updates come one after the other, and
 * only when something changed.
 */
export function followRun(
  folder: string,
  onUpdate: (update: RunUpdate) => void,
  { intervalMs = 500, heartbeatAs }: FollowOptions = {},
): FollowedRun {
  const paths = runPaths(folder);
  const metrics = createMetricTail(paths.metrics);
  const samples = createSampleTail(paths.samples);
  const expertLoad = createExpertLoadWatch(paths.experts);
  const heart = heartbeatAs === undefined ? null : watchAs(folder, heartbeatAs);
  let lastShown = '';
  let looking: Promise<void> | null = null;
  let again = false;
  let closed = false;

  async function look(): Promise<void> {
    // Before the rows: the trainer writes its last row first, so an update that says "completed" has or follows them all.
    const { value: record, problem } = readRunRecord(folder);
    const status = record === null ? null : shownStatus(folder, record);
    const newMetrics = await metrics.read().catch(() => empty);
    const newSamples = await samples.read().catch(() => empty);
    const shown = JSON.stringify([record, status, problem]);
    const restarted = newMetrics.restarted || newSamples.restarted;
    if (restarted) expertLoad.forget();
    const experts = expertLoad.read();
    const nothingNew =
      newMetrics.rows.length + newSamples.rows.length === 0 && experts === null && !restarted && shown === lastShown;
    if (closed || nothingNew) return;
    lastShown = shown;
    onUpdate({ record, status, problem, metrics: newMetrics.rows, samples: newSamples.rows, experts, restarted });
  }

  function poke(): Promise<void> {
    if (closed) return Promise.resolve();
    if (looking !== null) {
      again = true;
      return looking;
    }
    looking = (async () => {
      do {
        again = false;
        await look();
      } while (again && !closed);
    })().finally(() => {
      looking = null;
    });
    return looking;
  }

  // A fast trainer writes hundreds of rows a second; one look takes them all.
  let pending: ReturnType<typeof setTimeout> | null = null;
  const watcher = watchFolder(folder, () => {
    pending ??= setTimeout(() => {
      pending = null;
      void poke();
    }, gatherMs);
  });
  const timer = setInterval(() => void poke(), intervalMs);
  const heartTimer = setInterval(() => heart?.beat(), heartbeatMs);
  heart?.beat();
  void poke();
  return {
    poke,
    close() {
      closed = true;
      watcher?.close();
      if (pending !== null) clearTimeout(pending);
      clearInterval(timer);
      clearInterval(heartTimer);
      heart?.leave();
    },
  };
}

/** How long to gather changes before a look. */
const gatherMs = 100;

const empty = { rows: [], skipped: 0, restarted: false } as const;

/** Watches where the system can; the timer does the rest. */
function watchFolder(folder: string, onChange: () => void): FSWatcher | null {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}
