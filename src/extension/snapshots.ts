import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { runFolder, runPaths } from '../runs/run-folder';
import type { ReadableRun } from '../runs/run-store';
import type { RunHub } from './run-hub';

const scheme = 'supra-run';

/** Models as they were when their runs began, as documents that cannot be edited. */
export function activateSnapshots(context: vscode.ExtensionContext, hub: RunHub): void {
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      async provideTextDocumentContent(uri) {
        // The id is one segment of a path that VS Code parsed; anything else names no run.
        const id = uri.path.split('/')[1] ?? '';
        const known = hub.list().some(run => run.id === id);
        if (hub.root === undefined || !known) return '# This run is not in the folder any more.\n';
        return readFile(runPaths(runFolder(hub.root, id)).source, 'utf8').catch(
          () => '# The snapshot of this run cannot be read.\n',
        );
      },
    }),
  );
}

/** The snapshot of a run. */
export const snapshotUri = ({ id, record }: ReadableRun): vscode.Uri =>
  vscode.Uri.from({ scheme, path: `/${id}/${record.name.replaceAll('/', '-')}.supra` });

/** Shows the model of a run as it was when the run began. */
export async function showSnapshot(run: ReadableRun): Promise<void> {
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(snapshotUri(run)), { preview: true });
}

/** Shows two models in the diff editor. */
export async function diffSnapshots(left: ReadableRun, right: ReadableRun): Promise<void> {
  const title = `${left.record.name} ↔ ${right.record.name}`;
  await vscode.commands.executeCommand('vscode.diff', snapshotUri(left), snapshotUri(right), title);
}
