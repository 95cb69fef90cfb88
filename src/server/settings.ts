import * as v from 'valibot';
import { type Connection, DidChangeConfigurationNotification } from 'vscode-languageserver';
import { type ServerSettings, serverSettingsSchema, settingsSection } from '../protocol/server';

/** The settings of the editor, kept current. */
export interface LiveSettings {
  readonly current: ServerSettings;
  /** The editor answers `workspace/configuration`. */
  supported: boolean;
  /** The editor tells of changes if it is asked to. */
  dynamic: boolean;
  start(): void;
}

export function liveSettings(connection: Connection, changed: () => void): LiveSettings {
  let current = v.parse(serverSettingsSchema, {});
  const take = (received: unknown) => {
    const parsed = v.safeParse(serverSettingsSchema, received ?? {});
    if (!parsed.success || JSON.stringify(parsed.output) === JSON.stringify(current)) return;
    current = parsed.output;
    changed();
  };
  const pull = () => {
    connection.workspace.getConfiguration(settingsSection).then(take, error => {
      connection.console.error(`The settings could not be read; the standard ones are used. ${String(error)}`);
    });
  };
  const settings: LiveSettings = {
    get current() {
      return current;
    },
    supported: false,
    dynamic: false,
    start() {
      if (settings.dynamic) {
        const options = { section: settingsSection };
        connection.client.register(DidChangeConfigurationNotification.type, options).catch(() => undefined);
      }
      if (settings.supported) pull();
    },
  };
  connection.onDidChangeConfiguration(({ settings: sent }) => {
    if (settings.supported) pull();
    else take((sent as Record<string, unknown> | null)?.[settingsSection]);
  });
  return settings;
}
