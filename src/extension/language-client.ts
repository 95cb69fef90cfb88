import { totalmem } from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import {
  type MachineMessage,
  machineMethod,
  type ServerOptions,
  serverNodeOptions,
  settingsSection,
} from '../protocol/server';
import { registerCommand, showError } from './register-command';
import { settings } from './settings';

/** What other parts of the extension ask of the language server. */
export interface Language {
  /** Sends a request of src/protocol/server.ts, as soon as the server is there; `undefined` where it is not. */
  request(method: string, params: unknown): Promise<unknown>;
  /** Tells how fast this machine trains. Kept, and told again to a server that was restarted. */
  tellMachine(flopsPerSecond: number | null): void;
}

/** Starts the language server beside the extension and keeps it going. */
export function activateLanguage(context: vscode.ExtensionContext): Language {
  const module = context.asAbsolutePath(path.join('dist', 'server.js'));
  const initializationOptions: ServerOptions = { trusted: vscode.workspace.isTrusted };
  const client = new LanguageClient(
    settingsSection,
    'Supra Language Server',
    {
      run: { module, transport: TransportKind.ipc, options: { execArgv: [...serverNodeOptions] } },
      debug: {
        module,
        transport: TransportKind.ipc,
        options: { execArgv: [...serverNodeOptions, '--nolazy', '--inspect=6009'] },
      },
    },
    {
      documentSelector: [{ language: 'supra' }],
      initializationOptions,
      synchronize: { configurationSection: settingsSection },
    },
  );
  // A client that never came up cannot be stopped, and says so.
  context.subscriptions.push({ dispose: () => void client.dispose().catch(() => undefined) });

  let machine: MachineMessage = { flopsPerSecond: null, memoryBytes: totalmem() };
  const tell = () => (client.isRunning() ? client.sendNotification(machineMethod, machine) : Promise.resolve());
  context.subscriptions.push(
    registerCommand('restartServer', async () => {
      await client.restart();
      await tell();
    }),
    registerCommand('toggleInlayHints', async () => {
      const configuration = vscode.workspace.getConfiguration();
      const shown = configuration.get<boolean>(settings.inlayHints.key, settings.inlayHints.default);
      await configuration.update(settings.inlayHints.key, !shown, vscode.ConfigurationTarget.Global);
    }),
    // What an untrusted workspace hides depends on the start of the server.
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      initializationOptions.trusted = true;
      void client.restart().then(tell);
    }),
  );
  // Nobody waits for it: panels and runs are there at once.
  const started = client.start().then(tell, error => showError('Supra Language Server', error));
  return {
    async request(method, params) {
      await started;
      return client.isRunning() ? client.sendRequest<unknown>(method, params) : undefined;
    },
    tellMachine(flopsPerSecond) {
      machine = { ...machine, flopsPerSecond };
      void tell();
    },
  };
}
