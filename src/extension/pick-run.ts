import * as vscode from 'vscode';
import { formatCount, formatInteger } from '../base/format';
import type { ReadableRun, RunEntry } from '../runs/run-store';
import { UserError } from './register-command';
import type { RunHub } from './run-hub';

/** Anything that stands for a run in the arguments of a command: an item of the tree, or an id. */
export interface RunItem {
  readonly runId: string;
}

const isRunItem = (value: unknown): value is RunItem =>
  typeof value === 'object' && value !== null && 'runId' in value && typeof value.runId === 'string';

/** The ids that a command was called with: a selection of the tree, one item of it, or an id. */
export function runIdsOf(args: readonly unknown[]): readonly string[] {
  const [first, selection] = args;
  if (Array.isArray(selection)) {
    const ids = selection.filter(isRunItem).map(item => item.runId);
    if (ids.length > 0) return ids;
  }
  if (isRunItem(first)) return [first.runId];
  if (Array.isArray(first)) return first.filter(id => typeof id === 'string');
  return typeof first === 'string' ? [first] : [];
}

/** The run that a command is about: the one it was called with, or the one that the user picks. */
export async function pickRun(
  hub: RunHub,
  args: readonly unknown[],
  placeHolder: string,
  fits: (run: ReadableRun) => boolean = () => true,
): Promise<ReadableRun | undefined> {
  const [id] = runIdsOf(args);
  if (id !== undefined) return expectRun(hub, id);
  const items = runItems(hub.list().filter(isReadable).filter(fits));
  if (items.length === 0) {
    throw new UserError('There is no such run in this folder. Start one with Supra: Train Model.');
  }
  const [only] = items;
  if (items.length === 1 && only !== undefined) return only.run;
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.run;
}

/** Several runs that the user picks; `picked` are chosen already. */
export async function pickRuns(
  hub: RunHub,
  placeHolder: string,
  picked: readonly string[],
): Promise<readonly ReadableRun[] | undefined> {
  const items = runItems(hub.list().filter(isReadable)).map(item => ({
    ...item,
    picked: picked.includes(item.run.id),
  }));
  if (items.length === 0)
    throw new UserError('There are no runs in this folder yet. Start one with Supra: Train Model.');
  const chosen = await vscode.window.showQuickPick(items, { placeHolder, canPickMany: true, matchOnDescription: true });
  return chosen?.map(item => item.run);
}

/** A run that must be readable. */
export function expectRun(hub: RunHub, id: string): ReadableRun {
  const run = hub.list().find(entry => entry.id === id);
  if (run === undefined) throw new UserError(`The run ${id} is not in this folder any more.`);
  if (!isReadable(run)) throw new UserError(`The run ${id} cannot be opened: ${run.problem}`);
  return run;
}

export const isReadable = (entry: RunEntry): entry is ReadableRun => entry.record !== null;

const runItems = (runs: readonly ReadableRun[]) =>
  runs.map(run => ({
    run,
    label: run.record.name,
    description: [
      run.status,
      `${formatCount(run.record.parameters)} parameters`,
      `${formatInteger(run.record.stepsDone)} steps`,
      run.record.best === null ? '' : `loss ${run.record.best.loss.toFixed(3)}`,
    ]
      .filter(part => part !== '')
      .join(' · '),
    detail: run.id,
  }));
