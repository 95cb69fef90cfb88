import * as vscode from 'vscode';
import { messageOf } from '../runs/run-error';
import { type CommandName, commands } from './commands';
import { output } from './output';

/** A reason to stop a command that the user can do something about; shown as it is. */
export class UserError extends Error {}

/**
 * Registers a command behind the one border where errors are caught: shown once, in a sentence that says what to do, with
 * the details in the log.
 */
export function registerCommand(name: CommandName, run: (...args: unknown[]) => unknown): vscode.Disposable {
  const { id, title } = commands[name];
  return vscode.commands.registerCommand(id, async (...args: unknown[]) => {
    try {
      return await run(...args);
    } catch (error) {
      await showError(title, error);
      return undefined;
    }
  });
}

/** Shows an error once; the log has the rest. */
export async function showError(doing: string, error: unknown): Promise<void> {
  output().error(`${doing}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const show = 'Show Log';
  const chosen = await vscode.window.showErrorMessage(`${doing}: ${messageOf(error)}`, show);
  if (chosen === show) output().show();
}
