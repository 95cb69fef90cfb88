import * as vscode from 'vscode';
import type { ControlRequest } from '../protocol/run-records';
import { requestControl } from '../runs/run-control';
import { canResume, isActive } from '../runs/run-status';
import { deleteRun, renameRun } from '../runs/run-store';
import type { ComparePanel } from './compare-panel';
import { expectRun, pickRun, pickRuns, runIdsOf } from './pick-run';
import { registerCommand, UserError } from './register-command';
import { reveal } from './reveal';
import type { RunHub } from './run-hub';
import { diffSnapshots, showSnapshot } from './snapshots';
import type { Training } from './train-task';
import type { TrainingPanels } from './training-panels';
import { expectTrust } from './workspace';

interface Parts {
  readonly hub: RunHub;
  readonly training: Training;
  readonly panels: TrainingPanels;
  readonly compare: ComparePanel;
  readonly selection: () => readonly { readonly runId: string }[];
}

/** Everything that can be done to a run, from the palette, the tree and the panels. */
export function activateRunCommands(
  context: vscode.ExtensionContext,
  { hub, training, panels, compare, selection }: Parts,
): void {
  context.subscriptions.push(
    registerCommand('showRun', async (...args) => {
      const run = await pickRun(hub, args, 'Show the training of which run?');
      if (run !== undefined) panels.show(run.id);
    }),
    registerCommand('compareRuns', async (...args) => {
      const asked = runIdsOf(args).filter(id => hub.list().some(run => run.id === id));
      const inTree = selection().map(item => item.runId);
      if (asked.length > 1 || (asked.length === 0 && inTree.length > 1)) {
        compare.show(asked.length > 1 ? asked : inTree);
        return;
      }
      const picked = await pickRuns(hub, 'Which runs?', asked.length > 0 ? asked : newest(hub));
      if (picked !== undefined) compare.show(picked.map(run => run.id));
    }),
    registerCommand('pauseRun', async (...args) => {
      const run = await pickRun(hub, args, 'Pause which run?', ({ status }) => status === 'running');
      if (run !== undefined) await control(hub, training, run.id, 'pause');
    }),
    registerCommand('stopRun', async (...args) => {
      const run = await pickRun(hub, args, 'Stop which run?', ({ status }) => isActive(status));
      if (run !== undefined) await control(hub, training, run.id, 'stop');
    }),
    registerCommand('resumeRun', async (...args) => {
      const fits = ({ status }: { status: Parameters<typeof canResume>[0] }) =>
        status === 'paused' || canResume(status);
      const run = await pickRun(hub, args, 'Go on with which run?', fits);
      if (run !== undefined) await control(hub, training, run.id, 'resume');
    }),
    registerCommand('renameRun', async (...args) => {
      const run = await pickRun(hub, args, 'Rename which run?');
      if (run === undefined) return;
      const name = await vscode.window.showInputBox({
        prompt: 'Name of the run',
        value: run.record.name,
        validateInput: value => (value.trim() === '' ? 'A run needs a name.' : undefined),
      });
      if (name === undefined) return;
      renameRun(run.folder, name);
      hub.refresh();
    }),
    registerCommand('deleteRun', async (...args) => {
      const ids = runIdsOf(args);
      const picked = ids.length > 0 ? undefined : await pickRun(hub, [], 'Delete which run?');
      const entries = hub.list().filter(run => ids.includes(run.id) || run.id === picked?.id);
      const [first] = entries;
      if (first === undefined) return;
      const what = entries.length === 1 ? `the run ${first.record?.name ?? first.id}` : `${entries.length} runs`;
      const yes = 'Delete';
      const answer = await vscode.window.showWarningMessage(
        `Delete ${what}, with curves, samples and checkpoints? This cannot be undone.`,
        { modal: true },
        yes,
      );
      if (answer !== yes) return;
      for (const { folder } of entries) deleteRun(folder);
      hub.refresh();
    }),
    registerCommand('openRunSpec', async (...args) => {
      const run = await pickRun(hub, args, 'Show the model of which run?');
      if (run !== undefined) await showSnapshot(run);
    }),
    registerCommand('openRunFolder', async (...args) => {
      const run = await pickRun(hub, args, 'Open the folder of which run?');
      if (run !== undefined) await reveal(run.folder);
    }),
    registerCommand('diffRuns', async (...args) => {
      const asked = runIdsOf(args);
      const ids = asked.length > 1 ? asked : selection().map(item => item.runId);
      const runs =
        ids.length === 2 ? ids.map(id => expectRun(hub, id)) : await pickRuns(hub, 'Which two runs?', ids.slice(0, 2));
      if (runs === undefined) return;
      const [left, right] = runs;
      if (left === undefined || right === undefined || runs.length !== 2) {
        throw new UserError(`A diff shows two models; ${runs.length} were chosen.`);
      }
      await diffSnapshots(left, right);
    }),
    registerCommand('refreshRuns', () => hub.refresh()),
    // What a click on a row runs. It has no arguments: VS Code forgets those when the view is drawn anew, and a click at
    // that moment would do nothing.
    registerCommand('openSelectedRun', () => {
      const [selected, ...more] = selection();
      if (selected !== undefined && more.length === 0) panels.show(expectRun(hub, selected.runId).id);
    }),
  );
}

/** Asks the trainer that holds a run, or starts one where none does. */
export async function control(hub: RunHub, training: Training, id: string, request: ControlRequest): Promise<void> {
  const run = expectRun(hub, id);
  if (isActive(run.status)) {
    requestControl(run.folder, request);
    return;
  }
  if (request !== 'resume') throw new UserError(`The run ${run.record.name} is not being trained.`);
  if (!canResume(run.status)) throw new UserError(`The run ${run.record.name} has done all its steps.`);
  expectTrust();
  await training.resume(id);
}

/** The two newest runs: what one most likely wants to compare. */
const newest = (hub: RunHub): readonly string[] =>
  hub
    .list()
    .slice(0, 2)
    .map(run => run.id);
