import * as path from 'node:path';
import * as vscode from 'vscode';
import { registerCommand } from './register-command';
import { expectRoot } from './workspace';

/** Supra: New Model…: an example becomes a file of the folder. Nothing is overwritten. */
export function activateNewModel(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    registerCommand('newModel', async () => {
      const root = vscode.Uri.file(expectRoot());
      const examples = await readExamples(vscode.Uri.joinPath(context.extensionUri, 'examples'));
      const chosen = await vscode.window.showQuickPick(examples, {
        placeHolder: 'Begin with which example?',
        matchOnDetail: true,
      });
      if (chosen === undefined) return;
      const target = await freeName(root);
      await vscode.workspace.fs.writeFile(target, Buffer.from(chosen.text, 'utf8'));
      await vscode.window.showTextDocument(target);
    }),
  );
}

interface Example extends vscode.QuickPickItem {
  readonly text: string;
}

async function readExamples(folder: vscode.Uri, prefix = ''): Promise<readonly Example[]> {
  const entries = await vscode.workspace.fs.readDirectory(folder);
  const found = await Promise.all(
    entries.map(async ([name, type]): Promise<readonly Example[]> => {
      const uri = vscode.Uri.joinPath(folder, name);
      if (type === vscode.FileType.Directory) return readExamples(uri, `${name}/`);
      if (!name.endsWith('.supra')) return [];
      const text = Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
      const label = name === 'model.supra' ? prefix.slice(0, -1) : `${prefix}${path.basename(name, '.supra')}`;
      return [{ label, detail: firstComment(text), text }];
    }),
  );
  // The example of the README comes first: it is the one that trains in a minute.
  return found
    .flat()
    .sort(
      (a, b) => Number(b.label === 'supra-mini') - Number(a.label === 'supra-mini') || a.label.localeCompare(b.label),
    );
}

/** The comment at the top of an example says what it shows. */
function firstComment(text: string): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('#')) break;
    lines.push(line.replace(/^#\s*/, ''));
  }
  return lines.join(' ');
}

/** `model.supra`, or the first of `model-2.supra`, … that is not there yet. */
async function freeName(root: vscode.Uri): Promise<vscode.Uri> {
  for (let number = 1; ; number++) {
    const uri = vscode.Uri.joinPath(root, number === 1 ? 'model.supra' : `model-${number}.supra`);
    const taken = await vscode.workspace.fs.stat(uri).then(
      () => true,
      () => false,
    );
    if (!taken) return uri;
  }
}
