import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ImportedText } from './exchange';
import { activatePasteConfig } from './paste-config';
import { registerCommand, UserError } from './register-command';

/** Supra: Import Hugging Face config.json…, and the same for a config that is pasted into a model file. */
export function activateImportConfig(context: vscode.ExtensionContext): void {
  activatePasteConfig(context, async text => (await importText(text, null)).text);
  context.subscriptions.push(
    registerCommand('importConfig', async (...args) => {
      const uri = args.find(arg => arg instanceof vscode.Uri) ?? (await pickConfig());
      if (uri === undefined) return;
      const text = Buffer.from(await vscode.workspace.fs.readFile(await configIn(uri))).toString('utf8');
      // Published files are all called config.json: the folder says which model it is.
      const { text: model, warnings } = await importText(text, path.basename(path.dirname(uri.fsPath)));
      const document = await vscode.workspace.openTextDocument({ language: 'supra', content: model });
      await vscode.window.showTextDocument(document);
      if (warnings.length > 0) {
        const more = warnings.length === 1 ? '' : ` (and ${warnings.length - 1} more, at the top of the file)`;
        void vscode.window.showWarningMessage(`Imported, but for this: ${warnings[0]}${more}`);
      }
    }),
  );
}

async function pickConfig(): Promise<vscode.Uri | undefined> {
  const picked = await vscode.window.showOpenDialog({
    canSelectFiles: true,
    canSelectMany: false,
    filters: { 'config.json': ['json'] },
    openLabel: 'Import',
    title: 'Import which config.json?',
  });
  return picked?.[0];
}

/** The config.json of a folder, or the file itself. */
async function configIn(uri: vscode.Uri): Promise<vscode.Uri> {
  const { type } = await vscode.workspace.fs.stat(uri);
  return type === vscode.FileType.Directory ? vscode.Uri.joinPath(uri, 'config.json') : uri;
}

/** The model of a config as text, named after its folder if there is one. Throws what the user should know when it cannot be read. */
async function importText(text: string, folder: string | null): Promise<ImportedText> {
  const { importConfigText } = await import('./exchange.js');
  const { value, error } = importConfigText(text, folder);
  if (value === null) throw new UserError(error);
  return value;
}
