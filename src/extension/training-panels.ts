import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { open, seal } from '../protocol/envelope';
import type { ControlRequest } from '../protocol/run-records';
import type { TrainerMessage } from '../protocol/trainer';
import {
  type FromTrainingPanel,
  fromTrainingPanelSchema,
  type ToTrainingPanel,
  trainingPanelStateSchema,
  trainingPanelVersion,
} from '../protocol/training-panel';
import { remainingMs } from '../runs/progress-view';
import { messageOf } from '../runs/run-error';
import { runPaths } from '../runs/run-folder';
import { canResume, isActive } from '../runs/run-status';
import { commands } from './commands';
import { output } from './output';
import type { LiveChange, LiveRun, RunHub } from './run-hub';
import { seriesMessage } from './series-message';
import { setPage, webviewOptions } from './webview-page';

const viewType = 'supra.training';

/** The training panels: one per run, made on demand, restored after a reload. */
export interface TrainingPanels {
  /** Opens the panel of a run beside the editor, or brings it to the front. */
  show(runId: string): void;
  /** Passes on what a trainer says that is not in the run folder. */
  tell(runFolder: string, message: TrainerMessage): void;
}

/** What buttons of a panel do outside of it. */
export interface PanelActions {
  control(runId: string, request: ControlRequest): Promise<void>;
}

const titleOf = (record: { readonly name: string } | null): string =>
  record === null ? 'Training' : `Training: ${record.name}`;

/**
 * The newest run that a panel with this title can have shown. A browser may write what a page keeps too late for a reload;
 * the title is there from the start.
 */
const runOfTitle = (hub: RunHub, title: string): string | null =>
  hub.list().find(({ record }) => record !== null && titleOf(record) === title)?.id ?? null;

interface OpenPanel {
  readonly runFolder: string;
  readonly panel: vscode.WebviewPanel;
  tell(message: TrainerMessage): void;
}

export function activateTrainingPanels(
  context: vscode.ExtensionContext,
  hub: RunHub,
  actions: PanelActions,
): TrainingPanels {
  const panels = new Map<string, OpenPanel>();

  function attach(runId: string, panel: vscode.WebviewPanel): void {
    const opened = connectPanel(context, hub, actions, runId, panel);
    panels.set(runId, opened);
    panel.onDidDispose(() => {
      if (panels.get(runId) === opened) panels.delete(runId);
    });
  }

  context.subscriptions.push(
    vscode.window.registerWebviewPanelSerializer(viewType, {
      async deserializeWebviewPanel(panel, state: unknown) {
        const kept = v.safeParse(trainingPanelStateSchema, state);
        const runId = (kept.success ? kept.output.runId : null) ?? runOfTitle(hub, panel.title);
        // A panel that shows nothing known is of no use: a run is opened again from the runs view.
        if (runId === null || hub.root === undefined) panel.dispose();
        else {
          panel.webview.options = webviewOptions(context.extensionUri);
          attach(runId, panel);
        }
      },
    }),
  );

  return {
    show(runId) {
      const opened = panels.get(runId);
      if (opened !== undefined) {
        opened.panel.reveal(undefined, true);
        return;
      }
      const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      // Hidden panels keep nothing: they ask again, and the host has it all.
      attach(
        runId,
        vscode.window.createWebviewPanel(
          viewType,
          titleOf(hub.record(runId)),
          column,
          webviewOptions(context.extensionUri),
        ),
      );
    },
    tell(runFolder, message) {
      for (const opened of panels.values()) if (opened.runFolder === runFolder) opened.tell(message);
    },
  };
}

function connectPanel(
  context: vscode.ExtensionContext,
  hub: RunHub,
  actions: PanelActions,
  runId: string,
  panel: vscode.WebviewPanel,
): OpenPanel {
  let listening = false;
  let pending: ControlRequest | null = null;
  let progress: Extract<ToTrainingPanel, { type: 'progress' }>['progress'] = null;
  const send = (message: ToTrainingPanel) => void panel.webview.postMessage(seal(trainingPanelVersion, message));

  const followed = hub.follow(runId, ({ run, steps, evals, samples, experts }: LiveChange) => {
    if (run.record !== null) panel.title = titleOf(run.record);
    if (pending !== null && isHonoured(pending, run)) pending = null;
    if (run.status !== 'preparing') progress = null;
    if (!listening) return;
    sendRun();
    if (steps < run.history.steps.length || evals < run.history.evals.length) {
      send(seriesMessage(run, { steps, evals }));
    }
    if (samples < run.history.samples.length) sendSamples(samples);
    if (experts) sendExperts();
  });
  const { run } = followed;

  function sendRun(): void {
    if (run.record === null) {
      if (run.problem !== null) send({ type: 'missing', reason: run.problem });
      return;
    }
    const shown = run.status ?? run.record.status;
    send({
      type: 'run',
      record: run.record,
      shown,
      etaMs: shown === 'running' ? remainingMs(run.record, run.history.steps) : null,
      pending,
      canResume: shown === 'paused' || canResume(shown),
      source: source(),
      dataTokens: null,
    });
    send({ type: 'progress', progress });
  }
  // The snapshot is written before anything else and never changes.
  let snapshot = '';
  const source = () => {
    if (snapshot === '') snapshot = readSource(run.folder);
    return snapshot;
  };
  const sendSamples = (offset: number) => send({ type: 'samples', offset, samples: run.history.samples.slice(offset) });
  const sendExperts = () => send({ type: 'experts', load: run.experts });

  function sendAll(): void {
    sendRun();
    send(seriesMessage(run, { steps: 0, evals: 0 }));
    sendSamples(0);
    sendExperts();
  }

  async function onMessage(message: FromTrainingPanel): Promise<void> {
    switch (message.type) {
      case 'ready':
      case 'resync':
        listening = true;
        sendAll();
        return;
      case 'control':
        pending = message.request;
        sendRun();
        try {
          await actions.control(runId, message.request);
        } catch (error) {
          pending = null;
          send({ type: 'notice', severity: 'error', text: messageOf(error) });
        }
        followed.poke();
        return;
      case 'open':
        await vscode.commands.executeCommand(openCommands[message.target], runId);
        return;
      case 'explain':
        await vscode.commands.executeCommand(
          'markdown.showPreview',
          vscode.Uri.joinPath(context.extensionUri, 'docs', `${message.page}.md`),
        );
        return;
      case 'problem':
        output().warn(`Training panel: ${message.text}`);
    }
  }

  const subscription = panel.webview.onDidReceiveMessage((received: unknown) => {
    const { value, problems } = open(fromTrainingPanelSchema, trainingPanelVersion, received);
    if (value === null) output().warn(`Training panel sent something unknown: ${problems.join(' ')}`);
    else void onMessage(value).catch(error => output().error(`Training panel: ${messageOf(error)}`));
  });
  panel.onDidDispose(() => {
    subscription.dispose();
    followed.dispose();
  });
  panel.iconPath = vscode.Uri.joinPath(context.extensionUri, 'media', 'run.svg');
  setPage(panel.webview, context.extensionUri, 'training', panel.title);
  return {
    runFolder: run.folder,
    panel,
    tell(message) {
      if (message.type === 'progress') {
        progress = { phase: message.phase, fraction: message.fraction };
        if (listening) send({ type: 'progress', progress });
        return;
      }
      if (message.type === 'ended') pending = null;
      followed.poke();
    },
  };
}

const openCommands = {
  spec: commands.openRunSpec.id,
  folder: commands.openRunFolder.id,
  compare: commands.compareRuns.id,
  train: commands.trainModel.id,
} as const;

/** The run is where the request wanted it, or has ended some other way. */
function isHonoured(request: ControlRequest, { status }: LiveRun): boolean {
  if (status === null) return false;
  if (request === 'resume') return status === 'running';
  return request === 'pause' ? status !== 'running' : !isActive(status);
}

function readSource(folder: string): string {
  try {
    return readFileSync(runPaths(folder).source, 'utf8');
  } catch {
    return '';
  }
}
