import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSubfolder } from './atomic-write';
import { runPaths } from './run-folder';

/** How often a watching host should say that it is there. */
export const heartbeatMs = 5000;

/**
 * Says that a host (a window, a terminal) watches a run, so that its trainer goes on when the process that started it is
 * gone. Call `beat` at once and every `heartbeatMs`, `leave` at the end.
 */
export function watchAs(folder: string, host: string): { beat(): void; leave(): void } {
  const path = join(runPaths(folder).watchers, host.replace(/[^A-Za-z0-9-]/g, '-'));
  return {
    beat() {
      const now = new Date();
      try {
        utimesSync(path, now, now);
      } catch {
        try {
          ensureSubfolder(runPaths(folder).watchers);
          writeFileSync(path, '');
        } catch {
          // A run deleted under our eyes, or a full disk: watching must never hurt the watcher.
        }
      }
    },
    leave: () => rmSync(path, { force: true }),
  };
}

/** Milliseconds since the last heartbeat of any host; infinite when there was none. */
export function sinceLastBeatMs(folder: string, now = Date.now()): number {
  let newest = Number.NEGATIVE_INFINITY;
  try {
    for (const name of readdirSync(runPaths(folder).watchers)) {
      const stat = statSync(join(runPaths(folder).watchers, name), { throwIfNoEntry: false });
      newest = Math.max(newest, stat?.mtimeMs ?? Number.NEGATIVE_INFINITY);
    }
  } catch {
    // Nobody ever watched.
  }
  return now - newest;
}
