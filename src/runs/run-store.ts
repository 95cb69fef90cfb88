import { readdirSync, rmSync } from 'node:fs';
import type { RunRecord, ShownStatus } from '../protocol/run-records';
import { writeFileAtomically } from './atomic-write';
import { explainSystemError, RunError } from './run-error';
import { runFolder, runPaths, runsFolder } from './run-folder';
import { lockHolder } from './run-lock';
import { readRunRecord } from './run-record';
import { shownStatus } from './run-status';

/** A run as lists show it. A folder that cannot be read is listed too, with the reason, so that nothing vanishes. */
export type RunEntry =
  | { readonly id: string; readonly folder: string; readonly record: RunRecord; readonly status: ShownStatus }
  | { readonly id: string; readonly folder: string; readonly record: null; readonly problem: string };

export type ReadableRun = Extract<RunEntry, { status: ShownStatus }>;

/** All runs of a workspace, newest first. Without a runs folder there are none. */
export function listRuns(root: string): RunEntry[] {
  let names: string[];
  try {
    names = readdirSync(runsFolder(root), { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(entry => entry.name);
  } catch {
    return [];
  }
  return names
    .map(id => openRun(root, id))
    .sort((a, b) => sortKey(b).localeCompare(sortKey(a)) || b.id.localeCompare(a.id));
}

/** The run `id` of a workspace. */
export function openRun(root: string, id: string): RunEntry {
  const folder = runFolder(root, id);
  const { value, problem } = readRunRecord(folder);
  return value === null
    ? { id, folder, record: null, problem }
    : { id, folder, record: value, status: shownStatus(folder, value) };
}

/**
 * The run that a user means: its id, the beginning of an id, its name (the newest of that name), or `last`. Throws a RunError
 * that lists what there is.
 */
export function findRun(root: string, wanted: string): ReadableRun {
  const runs = listRuns(root);
  const readable = runs.filter((run): run is ReadableRun => run.record !== null);
  const exact =
    runs.find(run => run.id === wanted) ??
    (wanted === 'last' ? readable[0] : readable.find(run => run.record.name === wanted));
  if (exact !== undefined) {
    if (exact.record === null) throw new RunError(`The run ${exact.id} cannot be opened: ${exact.problem}`);
    return exact;
  }
  const begun = readable.filter(run => run.id.startsWith(wanted) || run.id.includes(wanted));
  const [only] = begun;
  if (only !== undefined && begun.length === 1) return only;
  if (begun.length > 1) {
    throw new RunError(
      `'${wanted}' could be ${begun.length} runs: ${begun
        .slice(0, 5)
        .map(run => run.id)
        .join(', ')}. Write more of the id.`,
    );
  }
  const known = readable
    .slice(0, 5)
    .map(run => `${run.id} (${run.record.name})`)
    .join(', ');
  throw new RunError(
    known === ''
      ? `There is no run '${wanted}': ${runsFolder(root)} holds none. Start one with: supra train`
      : `There is no run '${wanted}'. The newest are: ${known}.`,
  );
}

/** Gives a run another name, also while it trains. */
export function renameRun(folder: string, name: string): void {
  const clean = name.replace(/\s+/g, ' ').trim();
  if (clean === '') throw new RunError('A run needs a name. Give it at least one character.');
  try {
    writeFileAtomically(runPaths(folder).name, `${clean}\n`);
  } catch (error) {
    throw explainSystemError(error, 'Renaming the run');
  }
}

/** Deletes a run with its checkpoints, for good: ask the user first. A run in training is refused. */
export function deleteRun(folder: string): void {
  const holder = lockHolder(folder);
  if (holder !== null) {
    throw new RunError(`This run is being trained by process ${holder.pid}. Stop it first, then delete it.`);
  }
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    throw explainSystemError(error, 'Deleting the run');
  }
}

const sortKey = (run: RunEntry): string => (run.record === null ? '' : run.record.createdAt);
