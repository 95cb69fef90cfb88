import * as vscode from 'vscode';

/** The folder that is open while the suite runs. */
export function folder(): vscode.Uri {
  const [first] = vscode.workspace.workspaceFolders ?? [];
  if (first === undefined) throw new Error('Expected an open folder.');
  return first.uri;
}

/** Writes a file into the folder. */
export async function writeFile(name: string, text: string): Promise<vscode.Uri> {
  const uri = vscode.Uri.joinPath(folder(), name);
  await vscode.workspace.fs.writeFile(uri, Buffer.from(text, 'utf8'));
  return uri;
}

/** Opens a file of the folder in an editor. */
export async function openFile(name: string, text: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(await writeFile(name, text));
  await vscode.window.showTextDocument(document);
  return document;
}

/** Waits until `read` gives something that fits; the message has the last value when it never does. */
export async function until<Value>(
  what: string,
  read: () => Value | Thenable<Value>,
  fits: (value: Value) => boolean,
  timeoutMs = 40_000,
): Promise<Value> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (fits(value)) return value;
    if (Date.now() > end) throw new Error(`Expected ${what}, the last was ${JSON.stringify(value)}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** The position right behind the first occurrence of `text`. */
export function behind(document: vscode.TextDocument, text: string): vscode.Position {
  const offset = document.getText().indexOf(text);
  if (offset < 0) throw new Error(`Expected '${text}' in ${document.uri}.`);
  return document.positionAt(offset + text.length);
}
