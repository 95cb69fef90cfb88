import * as vscode from 'vscode';
import { settings } from './settings';

/** What the user set about the engine, as the variables that the trainer reads. */
export function trainerEnvironment(): Readonly<Record<string, string>> {
  const configuration = vscode.workspace.getConfiguration();
  const backend = configuration.get<string>(settings.backend.key, settings.backend.default);
  const threads = configuration.get<number>(settings.threads.key, settings.threads.default);
  return {
    ...(backend === 'auto' ? {} : { SUPRA_BACKEND: backend }),
    ...(Number.isInteger(threads) && threads > 0 ? { SUPRA_THREADS: String(threads) } : {}),
  };
}
