import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import * as v from 'valibot';
import { RunError } from './run-error';
import { runPaths } from './run-folder';

const holderSchema = v.object({
  pid: v.pipe(v.number(), v.integer()),
  host: v.string(),
  /** When the process started, as the system counts it: a later process may get the same id. `null`: unknown. */
  processStart: v.nullable(v.string()),
  since: v.string(),
});
/** The process that trains a run. */
export type LockHolder = v.InferOutput<typeof holderSchema>;

export interface RunLock {
  /** Says "still here" to other machines that share the folder; call it every few seconds. */
  touch(): void;
  release(): void;
}

/** A lock of another machine counts as left behind when nobody touched it for this long. */
const foreignLockTimeoutMs = 120_000;

/** Takes the lock of a run, so that only one trainer writes to it. Throws a RunError while another process holds it. */
export function takeRunLock(folder: string): RunLock {
  const path = runPaths(folder).lock;
  const mine = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    processStart: processStartOf(process.pid),
    since: new Date().toISOString(),
  } satisfies LockHolder);
  for (let attempt = 0; attempt < 5; attempt++) {
    if (createExclusively(path, mine)) {
      return {
        touch: () => ignoreMissing(() => utimesSync(path, new Date(), new Date())),
        release: () => {
          if (contentOf(path) === mine) rmSync(path, { force: true });
        },
      };
    }
    const holder = lockHolder(folder);
    if (holder !== null) {
      const where = holder.host === hostname() ? `process ${holder.pid}` : `process ${holder.pid} on ${holder.host}`;
      throw new RunError(
        `This run is being trained already, by ${where} since ${holder.since}. Stop it first, or watch it from there.`,
      );
    }
    removeStale(path);
  }
  throw new RunError(`The lock ${path} could not be taken: other processes keep taking it. Try again.`);
}

/** Who holds the lock of a run; `null` when nobody does or the holder is gone. */
export function lockHolder(folder: string): LockHolder | null {
  return holderIn(runPaths(folder).lock);
}

function holderIn(path: string): LockHolder | null {
  const content = contentOf(path);
  if (content === null) return null;
  const holder = parseHolder(content);
  if (holder === null) return null;
  if (holder.host !== hostname()) return ageMsOf(path) < foreignLockTimeoutMs ? holder : null;
  if (!isAlive(holder.pid)) return null;
  const start = processStartOf(holder.pid);
  return start !== null && holder.processStart !== null && start !== holder.processStart ? null : holder;
}

function parseHolder(content: string): LockHolder | null {
  try {
    const result = v.safeParse(holderSchema, JSON.parse(content));
    return result.success ? result.output : null;
  } catch {
    return null; // Torn by a power loss: nobody alive wrote it, since it appears whole or not at all.
  }
}

/** Makes the file appear with its content in one step. */
function createExclusively(path: string, content: string): boolean {
  const aside = `${path}.${process.pid}`;
  try {
    writeFileSync(aside, content);
    linkSync(aside, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // File systems without hard links (exFAT, some network drives).
    if (codeOf(error) !== 'EPERM' && codeOf(error) !== 'ENOTSUP' && codeOf(error) !== 'EOPNOTSUPP') throw error;
    try {
      writeFileSync(path, content, { flag: 'wx' });
      return true;
    } catch (second) {
      if (codeOf(second) === 'EEXIST') return false;
      throw second;
    }
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Takes a stale lock away, unless another process took it over between our look and our move. */
function removeStale(path: string): void {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (holderIn(aside) !== null) ignoreMissing(() => linkSync(aside, path));
  rmSync(aside, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  // A process that ended but was not waited for answers to signals; it trains nothing.
  return statFieldsOf(pid)?.[0] !== 'Z';
}

/** Start time of a process in the system's own words, where /proc tells it. */
const processStartOf = (pid: number): string | null => statFieldsOf(pid)?.[19] ?? null;

/** Fields of /proc/<pid>/stat from the third (state) on; the second may hold spaces and brackets. */
function statFieldsOf(pid: number): string[] | null {
  if (process.platform !== 'linux') return null;
  const content = contentOf(`/proc/${pid}/stat`);
  return content === null ? null : content.slice(content.lastIndexOf(')') + 2).split(' ');
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

const ageMsOf = (path: string): number => {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
};

function ignoreMissing(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : null);
