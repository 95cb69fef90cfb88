import * as vscode from 'vscode';
import { formatCount, formatInteger, formatMeasure, formatPercent } from '../base/format';
import type { ShownStatus } from '../protocol/run-records';
import { canResume } from '../runs/run-status';
import type { ReadableRun, RunEntry } from '../runs/run-store';
import { commands } from './commands';
import type { RunItem } from './pick-run';
import type { RunHub } from './run-hub';

export const runsViewId = 'supra.runs';
const progressEveryMs = 5000;

/** The runs of the folder in the activity bar. Several can be chosen and compared. */
export function activateRunsTree(context: vscode.ExtensionContext, hub: RunHub): vscode.TreeView<RunTreeItem> {
  const changed = new vscode.EventEmitter<void>();
  const view = vscode.window.createTreeView<RunTreeItem>(runsViewId, {
    canSelectMany: true,
    showCollapseAll: false,
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getChildren: parent => (parent === undefined ? hub.list().map(treeItem) : []),
      getTreeItem: item => item,
    },
  });
  const showActive = () => {
    const active = hub.list().filter(run => run.record !== null && run.status === 'running').length;
    view.badge = active === 0 ? undefined : { value: active, tooltip: `${active} training` };
  };
  showActive();
  // Rows that are drawn anew under the pointer are hard to hit: what comes, goes or changes its state is shown at once,
  // mere progress now and then.
  let shown = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const redraw = () => {
    clearTimeout(timer);
    timer = undefined;
    changed.fire();
  };
  context.subscriptions.push(
    view,
    changed,
    { dispose: () => clearTimeout(timer) },
    hub.onDidChangeList(() => {
      showActive();
      const now = JSON.stringify(hub.list().map(run => [run.id, run.record?.name, run.record && run.status]));
      if (now !== shown) redraw();
      else timer ??= setTimeout(redraw, progressEveryMs);
      shown = now;
    }),
  );
  return view;
}

type RunTreeItem = vscode.TreeItem & RunItem;

const icons: Readonly<Record<ShownStatus, readonly [icon: string, color?: string]>> = {
  preparing: ['loading~spin'],
  running: ['sync~spin', 'charts.blue'],
  paused: ['debug-pause', 'charts.yellow'],
  stopped: ['debug-stop'],
  interrupted: ['debug-disconnect', 'charts.yellow'],
  completed: ['pass', 'charts.green'],
  failed: ['error', 'charts.red'],
};

function treeItem(entry: RunEntry): RunTreeItem {
  if (entry.record === null) {
    const item = new vscode.TreeItem(entry.id);
    item.description = 'cannot be read';
    item.tooltip = entry.problem;
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('charts.yellow'));
    item.contextValue = 'broken';
    return Object.assign(item, { runId: entry.id });
  }
  const { record, status } = entry;
  const item = new vscode.TreeItem(record.name);
  const [icon, color] = icons[status];
  item.id = entry.id;
  item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
  item.description = describe(entry);
  item.tooltip = tooltip(entry);
  item.contextValue = contextValue(status);
  item.command = { command: commands.openSelectedRun.id, title: commands.openSelectedRun.title };
  item.accessibilityInformation = { label: `${record.name}, ${status}, ${item.description}` };
  return Object.assign(item, { runId: entry.id });
}

/** What the menus of package.json ask for: `/active/`, `/running/`, `/paused/`, `/resumable/`. */
function contextValue(status: ShownStatus): string {
  if (status === 'running' || status === 'preparing') return 'run active running';
  if (status === 'paused') return 'run active paused';
  return canResume(status) ? 'run resumable' : 'run';
}

function describe({ record, status }: ReadableRun): string {
  const parts = [
    record.best === null ? '' : formatMeasure(record.best.loss),
    formatCount(record.parameters),
    status === 'completed' || record.stepsDone === 0
      ? ago(record.createdAt)
      : formatPercent(record.stepsDone / record.spec.train.steps),
  ];
  return parts.filter(part => part !== '').join(' · ');
}

function tooltip({ id, record, status }: ReadableRun): vscode.MarkdownString {
  const rows = [
    `**${record.name}** ${status}`,
    ...(record.reason === null ? [] : [record.reason]),
    `${formatInteger(record.parameters)} parameters`,
    `${formatInteger(record.stepsDone)} of ${formatInteger(record.spec.train.steps)} steps`,
    ...(record.best === null
      ? []
      : [`best validation loss ${formatMeasure(record.best.loss)} at step ${formatInteger(record.best.step)}`]),
    ...(record.engine === null ? [] : [`${record.engine.backend}, ${record.engine.threads} threads`]),
    `started ${new Date(record.createdAt).toLocaleString()}`,
    `\`${id}\``,
  ];
  const text = new vscode.MarkdownString();
  // Names come from files; as text they cannot become links or commands.
  for (const row of rows) text.appendMarkdown(`${row.replaceAll('[', '\\[')}\n\n`);
  return text;
}

/** How long ago, in one unit. */
function ago(iso: string): string {
  const minutes = Math.max(0, (Date.now() - Date.parse(iso)) / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${Math.floor(minutes)} min ago`;
  if (minutes < 60 * 24) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / 60 / 24)} d ago`;
}
