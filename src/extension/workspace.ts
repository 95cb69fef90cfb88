import * as vscode from 'vscode';
import { UserError } from './register-command';

/** The folder whose runs are shown: that of the file, else the first. Undefined without a folder. */
export function workspaceRoot(uri?: vscode.Uri): string | undefined {
  const folder = uri === undefined ? undefined : vscode.workspace.getWorkspaceFolder(uri);
  return (folder ?? vscode.workspace.workspaceFolders?.[0])?.uri.fsPath;
}

/** The same for commands that need one. */
export function expectRoot(uri?: vscode.Uri): string {
  const root = workspaceRoot(uri);
  if (root === undefined) {
    throw new UserError('No folder is open, and runs are kept in one. Open a folder first (File: Open Folder…).');
  }
  return root;
}

/** Training and benchmarks run code and read files that the workspace names; without trust they do not. */
export function expectTrust(): void {
  if (!vscode.workspace.isTrusted) {
    throw new UserError(
      'This workspace is not trusted, so nothing is trained here and no paths are read. Trust it first (Workspaces: Manage Workspace Trust).',
    );
  }
}
