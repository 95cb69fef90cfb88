import * as v from 'valibot';
import * as vscode from 'vscode';
import {
  comparePanelStateSchema,
  comparePanelVersion,
  type FromComparePanel,
  fromComparePanelSchema,
  type ToComparePanel,
} from '../protocol/compare-panel';
import { open, seal } from '../protocol/envelope';
import { type ComparedRun, compareRuns } from '../runs/compare-runs';
import { messageOf } from '../runs/run-error';
import { commands } from './commands';
import { exportRuns, savePicture } from './export-runs';
import { output } from './output';
import { isReadable } from './pick-run';
import type { LiveChange, LiveRun, RunHub } from './run-hub';
import { seriesMessage } from './series-message';
import { setPage, webviewOptions } from './webview-page';

const viewType = 'supra.compare';
const title = 'Compare Runs';

/** The comparison: one panel for the whole workspace. */
export interface ComparePanel {
  /** Opens it, with these runs chosen if there are any. */
  show(runIds: readonly string[]): void;
}

export function activateComparePanel(context: vscode.ExtensionContext, hub: RunHub): ComparePanel {
  let opened: { readonly panel: vscode.WebviewPanel; select(runIds: readonly string[]): void } | undefined;

  function attach(panel: vscode.WebviewPanel, runIds: readonly string[] | undefined): void {
    const mine = { panel, select: connectPanel(context, hub, panel, runIds) };
    opened = mine;
    panel.onDidDispose(() => {
      if (opened === mine) opened = undefined;
    });
  }

  context.subscriptions.push(
    vscode.window.registerWebviewPanelSerializer(viewType, {
      async deserializeWebviewPanel(panel, state: unknown) {
        // The page says which runs it showed; the host only needs to know that it may.
        if (!v.safeParse(comparePanelStateSchema, state).success) output().info('The comparison is restored empty.');
        panel.webview.options = webviewOptions(context.extensionUri);
        attach(panel, undefined);
      },
    }),
  );
  return {
    show(runIds) {
      if (opened !== undefined) {
        opened.panel.reveal();
        if (runIds.length > 0) opened.select(runIds);
        return;
      }
      attach(
        vscode.window.createWebviewPanel(
          viewType,
          title,
          vscode.ViewColumn.Active,
          webviewOptions(context.extensionUri),
        ),
        runIds,
      );
    },
  };
}

/** Connects a panel to the runs; returns how to choose others in it. */
function connectPanel(
  context: vscode.ExtensionContext,
  hub: RunHub,
  panel: vscode.WebviewPanel,
  wanted: readonly string[] | undefined,
): (runIds: readonly string[]) => void {
  const followed = new Map<string, ReturnType<RunHub['follow']>>();
  /** Runs whose rows the page has, so that appended rows make sense to it. */
  const sent = new Set<string>();
  let chosen: readonly string[] = [];
  let listening = false;
  /** What the page is to choose, until it says what it chose. */
  let toSelect = wanted;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const send = (message: ToComparePanel) => void panel.webview.postMessage(seal(comparePanelVersion, message));

  function sendList(): void {
    const runs = hub.list().filter(isReadable);
    send({ type: 'runs', runs: runs.map(({ record, status }) => ({ record, shown: status })) });
  }

  function sendChoice(): void {
    if (toSelect !== undefined && toSelect.length > 0) send({ type: 'select', runIds: [...toSelect] });
  }

  /** The table follows the curves, but a table that changes ten times a second cannot be read. */
  function compareSoon(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      sendComparison();
    }, 250);
  }
  function sendComparison(): void {
    const { runs, differences } = compareRuns(liveRuns().flatMap(toCompared));
    send({
      type: 'comparison',
      runs: runs.map(run => ({ ...run })),
      differences: differences.map(({ path, values }) => ({ path, values: [...values] })),
    });
  }
  const liveRuns = (): readonly LiveRun[] =>
    chosen.flatMap(id => {
      const run = followed.get(id)?.run;
      return run === undefined ? [] : [run];
    });

  function onChange({ run, steps, evals }: LiveChange): void {
    if (!listening || !chosen.includes(run.id)) return;
    const from = sent.has(run.id) ? { steps, evals } : { steps: 0, evals: 0 };
    if (!sent.has(run.id) || from.steps < run.history.steps.length || from.evals < run.history.evals.length) {
      send(seriesMessage(run, from));
      sent.add(run.id);
    }
    compareSoon();
  }

  function choose(runIds: readonly string[], missing: readonly string[]): void {
    chosen = runIds;
    for (const [id, handle] of followed) {
      if (runIds.includes(id)) continue;
      handle.dispose();
      followed.delete(id);
      sent.delete(id);
    }
    for (const id of missing) {
      sent.delete(id);
      const known = followed.get(id);
      if (known !== undefined && known.run.record !== null) {
        send(seriesMessage(known.run, { steps: 0, evals: 0 }));
        sent.add(id);
      }
    }
    for (const id of runIds) if (!followed.has(id)) followed.set(id, hub.follow(id, onChange));
    compareSoon();
  }

  async function onMessage(message: FromComparePanel): Promise<void> {
    switch (message.type) {
      case 'ready':
        listening = true;
        sent.clear();
        sendList();
        sendChoice();
        return;
      case 'selected':
        toSelect = undefined;
        choose(message.runIds, message.missing);
        return;
      case 'resync':
        choose(chosen, [message.runId]);
        return;
      case 'diff':
        await vscode.commands.executeCommand(commands.diffRuns.id, [message.left, message.right]);
        return;
      case 'export':
        await exportRuns(
          message.format,
          liveRuns()
            .filter(({ id }) => message.runIds.includes(id))
            .flatMap(toCompared),
        );
        return;
      case 'savePicture':
        await savePicture(message.fileName, message.png);
        return;
      case 'open':
        await vscode.commands.executeCommand(openCommands[message.target], message.runId);
        return;
      case 'train':
        await vscode.commands.executeCommand(commands.trainModel.id);
        return;
      case 'problem':
        output().warn(`Comparison: ${message.text}`);
    }
  }

  const subscriptions = [
    hub.onDidChangeList(() => {
      if (listening) sendList();
    }),
    panel.webview.onDidReceiveMessage((received: unknown) => {
      const { value, problems } = open(fromComparePanelSchema, comparePanelVersion, received);
      if (value === null) {
        output().warn(`The comparison sent something unknown: ${problems.join(' ')}`);
        return;
      }
      onMessage(value).catch((error: unknown) => {
        output().error(`Comparison: ${messageOf(error)}`);
        send({ type: 'notice', severity: 'error', text: messageOf(error) });
      });
    }),
  ];
  panel.onDidDispose(() => {
    clearTimeout(timer);
    for (const each of [...subscriptions, ...followed.values()]) each.dispose();
  });
  panel.iconPath = vscode.Uri.joinPath(context.extensionUri, 'media', 'run.svg');
  setPage(panel.webview, context.extensionUri, 'compare', title);
  return runIds => {
    toSelect = runIds;
    if (listening) sendChoice();
  };
}

const openCommands = {
  training: commands.showRun.id,
  spec: commands.openRunSpec.id,
  folder: commands.openRunFolder.id,
} as const;

const toCompared = ({ record, status, history }: LiveRun): ComparedRun[] =>
  record === null ? [] : [{ record, status: status ?? record.status, history }];
