import * as vscode from 'vscode';

/** The model files of the workspace, looked for once and again when one comes or goes. */
export interface ModelFiles {
  list(): Promise<readonly vscode.Uri[]>;
}

/**
 * VS Code asks task providers before any task begins and waits for them; a search of a large folder, or on a busy machine,
 * takes seconds, so it is made ahead.
 */
export function activateModelFiles(context: vscode.ExtensionContext): ModelFiles {
  const search = async () => {
    const found = await vscode.workspace.findFiles('**/*.supra', '**/{node_modules,.supra}/**', 50);
    return found.sort((a, b) => a.path.localeCompare(b.path));
  };
  let current: Promise<readonly vscode.Uri[]> = search();
  // A failed search is tried again by the next who asks.
  current.catch(() => undefined);
  const watcher = vscode.workspace.createFileSystemWatcher('**/*.supra', false, true, false);
  const again = () => {
    current = search();
    current.catch(() => undefined);
  };
  context.subscriptions.push(
    watcher,
    watcher.onDidCreate(again),
    watcher.onDidDelete(again),
    vscode.workspace.onDidChangeWorkspaceFolders(again),
  );
  return {
    list: () =>
      current.catch(() => {
        current = search();
        return current;
      }),
  };
}
