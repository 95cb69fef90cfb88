import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ExportFormat, ExportRequest } from '../exchange/export-run';
import { listCheckpoints } from '../runs/checkpoints';
import type { exporter } from './exchange';
import { pickRun } from './pick-run';
import { registerCommand } from './register-command';
import { reveal } from './reveal';
import type { RunHub } from './run-hub';
import { workspaceRoot } from './workspace';

/** Supra: Export Run…, the same as `supra export`. */
export function activateExportRun(context: vscode.ExtensionContext, hub: RunHub): void {
  context.subscriptions.push(
    registerCommand('exportRun', async (...args) => {
      const run = await pickRun(hub, args, 'Export which run?', ({ folder }) => listCheckpoints(folder).length > 0);
      if (run === undefined) return;
      const { exporter } = await import('./exchange.js');
      const kind = await pickKind(exporter.formats);
      if (kind === undefined) return;
      const name = exporter.nameOf(run.id, kind.to);
      const out = kind.to === 'hf' ? await pickFolder(name) : await pickFile(name);
      if (out === undefined) return;
      // The dialog for a file has asked whether it may be replaced.
      const supra = String(context.extension.packageJSON.version);
      await write(exporter.write, { run, to: kind.to, type: kind.type, out, checkpoint: 'best', replace: true, supra });
    }),
  );
}

type Kind = Pick<ExportRequest, 'to' | 'type'>;

/** Format and number type in one list: few enough to be seen at once. */
async function pickKind(formats: typeof exporter.formats): Promise<Kind | undefined> {
  const items = Object.entries(formats).flatMap(([to, { label, doc, types }]) =>
    types.map(type => ({ label: `${label}, ${type}`, description: doc, to: to as ExportFormat, type })),
  );
  return vscode.window.showQuickPick(items, { placeHolder: 'As what?', matchOnDescription: true });
}

/** The folder to write, inside one that is there. */
async function pickFolder(name: string): Promise<string | undefined> {
  const root = workspaceRoot();
  const picked = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: 'Export Here',
    title: `In which folder shall ${name} be written?`,
    ...(root === undefined ? {} : { defaultUri: vscode.Uri.file(root) }),
  });
  return picked?.[0] === undefined ? undefined : path.join(picked[0].fsPath, name);
}

async function pickFile(name: string): Promise<string | undefined> {
  const root = workspaceRoot();
  const picked = await vscode.window.showSaveDialog({
    filters: { GGUF: ['gguf'] },
    ...(root === undefined ? {} : { defaultUri: vscode.Uri.file(path.join(root, name)) }),
  });
  return picked?.fsPath;
}

async function write(exportRun: typeof exporter.write, request: ExportRequest): Promise<void> {
  const { run, out } = request;
  const stop = new AbortController();
  const exported = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Exporting ${run.record.name}`, cancellable: true },
    async (progress, cancelled) => {
      cancelled.onCancellationRequested(() => stop.abort());
      let shown = 0;
      const onShare = (share: number) => {
        progress.report({ increment: 100 * (share - shown) });
        shown = share;
      };
      try {
        return await exportRun({ ...request, signal: stop.signal, onShare });
      } catch (error) {
        if (stop.signal.aborted) return undefined;
        throw error;
      }
    },
  );
  if (exported === undefined) return;
  const { became, step, card } = exported;
  const [show, open] = ['Reveal', 'Open Model Card'];
  const chosen = await vscode.window.showInformationMessage(
    `${path.basename(out)} written: step ${step} of ${run.record.name}, as ${became}.`,
    show,
    ...(card === null ? [] : [open]),
  );
  if (chosen === show) await reveal(out);
  if (chosen === open && card !== null)
    await vscode.commands.executeCommand('markdown.showPreview', vscode.Uri.file(card));
}
