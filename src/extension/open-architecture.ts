import * as path from 'node:path';
import * as vscode from 'vscode';
import { type GalleryFacts, galleryFacts, sizeOf } from '../language/features/gallery-facts';
import { registerCommand } from './register-command';

/** Supra: Open Architecture…: a known architecture as a new file, to read, to change and to keep. */
export function activateOpenArchitecture(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    registerCommand('openArchitecture', async () => {
      const chosen = await vscode.window.showQuickPick(
        readItems(vscode.Uri.joinPath(context.extensionUri, 'gallery')),
        {
          placeHolder: 'Open which architecture?',
          matchOnDescription: true,
          matchOnDetail: true,
        },
      );
      if (chosen === undefined) return;
      const document = await vscode.workspace.openTextDocument({ language: 'supra', content: chosen.text });
      await vscode.window.showTextDocument(document);
    }),
  );
}

interface Item extends vscode.QuickPickItem {
  readonly text: string;
}

async function readItems(folder: vscode.Uri): Promise<readonly Item[]> {
  const entries = await vscode.workspace.fs.readDirectory(folder);
  const files = entries.map(([name]) => name).filter(name => name.endsWith('.supra'));
  const items = await Promise.all(
    files.map(async (name): Promise<Item | null> => {
      const text = Buffer.from(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name))).toString('utf8');
      const facts = galleryFacts(path.basename(name, '.supra'), text);
      return facts === null ? null : itemOf(facts, text);
    }),
  );
  return items.filter(item => item !== null).sort((a, b) => a.label.localeCompare(b.label));
}

const itemOf = (facts: GalleryFacts, text: string): Item => ({
  label: facts.title,
  description: sizeOf(facts),
  detail: facts.idea,
  text,
});
