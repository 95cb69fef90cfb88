import * as vscode from 'vscode';

/**
 * Shows a file or folder where people look for files: only a window on this machine can open its file manager, in a browser or
 * over SSH the explorer shows it.
 */
export async function reveal(path: string): Promise<void> {
  const local = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  await vscode.commands.executeCommand(local ? 'revealFileInOS' : 'revealInExplorer', vscode.Uri.file(path));
}
