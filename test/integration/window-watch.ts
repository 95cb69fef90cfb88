import * as vscode from 'vscode';

/** What the extension showed and logged since it was started. */
export interface WindowWatch {
  /** Error messages shown, oldest first. */
  readonly shownErrors: string[];
  /** Information shown, oldest first. */
  readonly shownInfos: string[];
  /** Lines of the log at level warning and error. */
  readonly logged: string[];
  /** Promises of the extension host that failed with nobody to care. */
  readonly rejections: string[];
  /** Answers the next quick pick in place of the user; gets the labels. */
  answerPick: ((labels: readonly string[]) => number | undefined) | undefined;
  /** Answers the next dialog for a file or a folder; a dialog of the system would wait for a user. */
  answerDialog: vscode.Uri | undefined;
}

export const seen: WindowWatch = {
  shownErrors: [],
  shownInfos: [],
  logged: [],
  rejections: [],
  answerPick: undefined,
  answerDialog: undefined,
};

/**
 * Stands between the extension and the window, before it is activated: the suite and the extension get the same `vscode`
 * object, because both lie in the same folder. Messages would otherwise wait for a user.
 */
export function watchWindow(): void {
  const { window } = vscode;
  Object.assign(window, {
    showErrorMessage: async (text: string) => void seen.shownErrors.push(text),
    showInformationMessage: async (text: string) => void seen.shownInfos.push(text),
    showSaveDialog: async () => takeDialog(),
    showOpenDialog: async () => [takeDialog()].filter(uri => uri !== undefined),
    showQuickPick: quickPick(window.showQuickPick),
    createOutputChannel: watchedChannel(window.createOutputChannel),
  });
  process.on('unhandledRejection', reason => seen.rejections.push(String(reason)));
}

function takeDialog(): vscode.Uri | undefined {
  const { answerDialog } = seen;
  seen.answerDialog = undefined;
  return answerDialog;
}

type Pick = typeof vscode.window.showQuickPick;

function quickPick(real: Pick): unknown {
  return async (items: readonly (string | vscode.QuickPickItem)[], ...rest: unknown[]) => {
    const { answerPick } = seen;
    if (answerPick === undefined) return (real as (...args: unknown[]) => unknown)(items, ...rest);
    seen.answerPick = undefined;
    const list = await items;
    const index = answerPick(list.map(item => (typeof item === 'string' ? item : item.label)));
    return index === undefined ? undefined : list[index];
  };
}

function watchedChannel(real: typeof vscode.window.createOutputChannel): unknown {
  return (name: string, options: { log: true }) => {
    const channel = real(name, options);
    if (name !== 'Supra') return channel;
    const note = (level: 'warn' | 'error') => (text: string | Error) => {
      seen.logged.push(`${level}: ${text instanceof Error ? text.message : text}`);
      channel[level](text instanceof Error ? text.message : text);
    };
    return new Proxy(channel, {
      get: (target, property) =>
        property === 'warn' || property === 'error' ? note(property) : Reflect.get(target, property, target),
    });
  };
}
