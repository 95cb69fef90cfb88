import { existsSync, type FSWatcher, watch } from 'node:fs';
import * as vscode from 'vscode';
import type { ExpertLoad } from '../protocol/expert-load';
import type { RunRecord, ShownStatus } from '../protocol/run-records';
import { type FollowedRun, followRun, type RunUpdate } from '../runs/follow-run';
import { runFolder, runsFolder } from '../runs/run-folder';
import { createHistory, type GrowingHistory } from '../runs/run-history';
import { isActive } from '../runs/run-status';
import { listRuns, openRun, type RunEntry } from '../runs/run-store';
import { output } from './output';
import { workspaceRoot } from './workspace';

/** What is known of a run that somebody looks at. The host owns it, so panels may come and go. */
export interface LiveRun {
  readonly id: string;
  readonly folder: string;
  readonly history: GrowingHistory;
  record: RunRecord | null;
  status: ShownStatus | null;
  problem: string | null;
  /** Load of the experts over the latest steps; null for a model without any. */
  experts: ExpertLoad | null;
}

/** What an update added: from which index on each table is new. */
export interface LiveChange {
  readonly run: LiveRun;
  readonly steps: number;
  readonly evals: number;
  readonly samples: number;
  readonly experts: boolean;
}

/** The runs of the workspace: the list, and live views of those that are looked at. */
export interface RunHub {
  readonly root: string | undefined;
  list(): readonly RunEntry[];
  /** What the run is, without reading the others; null when it cannot be read. */
  record(id: string): RunRecord | null;
  /** Follows a run until the returned handle is disposed; `onChange` is called with all rows first, then with new ones. */
  follow(id: string, onChange: (change: LiveChange) => void): FollowHandle;
  /** Runs came, went, were renamed or changed their status. */
  readonly onDidChangeList: vscode.Event<void>;
  /** Something was done to a run here: look at once. */
  refresh(): void;
}

export interface FollowHandle extends vscode.Disposable {
  readonly run: LiveRun;
  /** Look now. */
  poke(): void;
}

interface Followed {
  readonly run: LiveRun;
  readonly source: FollowedRun;
  readonly listeners: Set<(change: LiveChange) => void>;
}

/** Watches the run folder of the workspace. */
export function createRunHub(context: vscode.ExtensionContext): RunHub {
  const root = workspaceRoot();
  const changed = new vscode.EventEmitter<void>();
  const followed = new Map<string, Followed>();
  context.subscriptions.push(changed, {
    dispose: () => {
      for (const { source } of followed.values()) source.close();
    },
  });

  let lastShown = '';
  const refresh = () => {
    const runs = root === undefined ? [] : listRuns(root);
    const shown = JSON.stringify(runs);
    if (shown === lastShown) return;
    lastShown = shown;
    keepCompany(runs);
    changed.fire();
  };

  // A fast trainer changes its run ten times a second; reading every run that often would be waste.
  let soon: ReturnType<typeof setTimeout> | undefined;
  const refreshSoon = () => {
    soon ??= setTimeout(() => {
      soon = undefined;
      refresh();
    }, 500);
  };
  context.subscriptions.push({ dispose: () => clearTimeout(soon) });

  // A trainer whose window was reloaded goes on while somebody follows its run, with or without a panel.
  const kept = new Map<string, vscode.Disposable>();
  function keepCompany(runs: readonly RunEntry[]): void {
    const active = new Set(runs.filter(run => run.record !== null && isActive(run.status)).map(run => run.id));
    for (const [id, handle] of kept) {
      if (active.has(id)) continue;
      kept.delete(id);
      handle.dispose();
    }
    for (const id of active)
      if (!kept.has(id))
        kept.set(
          id,
          follow(id, () => {}),
        );
  }

  function start(id: string): Followed {
    if (root === undefined) throw new Error('Expected a workspace folder to follow a run in.');
    const folder = runFolder(root, id);
    const history = createHistory();
    const run: LiveRun = { id, folder, history, record: null, status: null, problem: null, experts: null };
    const listeners = new Set<(change: LiveChange) => void>();
    const source = followRun(folder, update => take(run, update, listeners), { heartbeatAs: `window-${process.pid}` });
    const entry = { run, source, listeners };
    followed.set(id, entry);
    return entry;
  }

  function take(run: LiveRun, update: RunUpdate, listeners: Set<(change: LiveChange) => void>): void {
    if (update.restarted) {
      run.history.clear();
      run.experts = null;
    }
    run.experts = update.experts ?? run.experts;
    if (update.record !== null) run.record = update.record;
    run.status = update.status;
    run.problem = update.problem;
    const before = run.history.samples.length;
    const { steps, evals } = run.history.addMetrics(update.metrics);
    const samples = update.samples.length === 0 ? before : run.history.addSamples(update.samples);
    for (const listener of listeners) {
      try {
        listener({ run, steps, evals, samples, experts: update.experts !== null || update.restarted });
      } catch (error) {
        output().error(`A view of the run ${run.id} failed: ${error}`);
      }
    }
    refreshSoon();
  }

  function follow(id: string, onChange: (change: LiveChange) => void): FollowHandle {
    const entry = followed.get(id) ?? start(id);
    const { run, source, listeners } = entry;
    listeners.add(onChange);
    if (run.record !== null || run.problem !== null) onChange({ run, steps: 0, evals: 0, samples: 0, experts: true });
    return {
      run,
      poke: () => void source.poke(),
      dispose() {
        listeners.delete(onChange);
        if (listeners.size > 0 || followed.get(id) !== entry) return;
        source.close();
        followed.delete(id);
      },
    };
  }

  if (root !== undefined) watchList(root, refresh, context);
  return {
    root,
    record: id => (root === undefined ? null : openRun(root, id).record),
    list: () => (root === undefined ? [] : listRuns(root)),
    onDidChangeList: changed.event,
    refresh,
    follow,
  };
}

/** Looks at the list when the runs folder changes, and now and then: file systems do not tell everything. */
function watchList(root: string, refresh: () => void, context: vscode.ExtensionContext): void {
  let watcher: FSWatcher | undefined;
  // The folder is made by the first run, not by looking for it.
  const look = () => {
    if (watcher === undefined && existsSync(runsFolder(root))) watcher = watchFolder(root, refresh);
    refresh();
  };
  const timer = setInterval(look, 3000);
  look();
  context.subscriptions.push({
    dispose: () => {
      clearInterval(timer);
      watcher?.close();
    },
  });
}

function watchFolder(root: string, refresh: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(runsFolder(root), { persistent: false }, refresh);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch (error) {
    output().info(`The runs folder is not watched, only looked at: ${error}`);
    return undefined;
  }
}
