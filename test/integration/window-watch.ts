import * as vscode from 'vscode';

/** What the extension showed and logged since it was started. */
export interface WindowWatch {
  /** Error messages shown, oldest first. */
  readonly shownErrors: string[];
  /** Lines of the log at level warning and error. */
  readonly logged: string[];
  /** Promises of the extension host that failed with nobody to care. */
  readonly rejections: string[];
  /** Answers the next quick pick in place of the user; gets the labels. */
  answerPick: ((labels: readonly string[]) => number | undefined) | undefined;
}

export const seen: WindowWatch = { shownErrors: [], logged: [], rejections: [], answerPick: undefined };

/**
 * Stands between the extension and the window, before it is activated: the suite and the extension get the same `vscode`
 * object, because both lie in the same folder. Messages would otherwise wait for a user.
 */
export function watchWindow(): void {
  const { window } = vscode;
  Object.assign(window, {
    showErrorMessage: async (text: string) => void seen.shownErrors.push(text),
    showQuickPick: quickPick(window.showQuickPick),
    createOutputChannel: watchedChannel(window.createOutputChannel),
  });
  process.on('unhandledRejection', reason => seen.rejections.push(String(reason)));
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
