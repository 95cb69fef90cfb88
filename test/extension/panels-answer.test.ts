import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type * as Vscode from 'vscode';
import { activateComparePanel } from '../../src/extension/compare-panel';
import { activateModelPanel } from '../../src/extension/model-panel';
import type { LiveChange, LiveRun, RunHub } from '../../src/extension/run-hub';
import { activateTrainingPanels } from '../../src/extension/training-panels';
import { comparePanelAnswers, toComparePanelSchema } from '../../src/protocol/compare-panel';
import { open, seal } from '../../src/protocol/envelope';
import { modelPanelAnswers, toModelPanelSchema } from '../../src/protocol/model-panel';
import { toTrainingPanelSchema, trainingPanelAnswers } from '../../src/protocol/training-panel';
import { createHistory } from '../../src/runs/run-history';
import { depthVersusWidth, recordOf, rowsOf, samplesOf } from '../e2e/pages/fixtures';

interface Message {
  readonly type: string;
}
/** As much of VS Code as a panel needs: what it posts to its page, and a way to answer as the page. */
const editor = vi.hoisted(() => ({
  posted: [] as unknown[],
  say: (_: unknown): void => undefined,
  commands: new Map<string, (...args: unknown[]) => unknown>(),
  logged: [] as string[],
  close: [] as (() => void)[],
}));
vi.mock('vscode', () => {
  const nothing = { dispose() {} };
  const listen = () => nothing;
  const uri = (text: string) => ({ toString: () => text, fsPath: text, path: text, scheme: 'file' });
  const log = (line: string) => editor.logged.push(line);
  return {
    commands: {
      registerCommand(id: string, run: (...args: unknown[]) => unknown) {
        editor.commands.set(id, run);
        return nothing;
      },
    },
    Uri: { parse: uri, file: uri, joinPath: (base: { fsPath: string }) => uri(base.fsPath) },
    ViewColumn: { Active: -1, Beside: -2 },
    window: {
      createOutputChannel: () => ({ error: log, warn: log, info: log, show() {} }),
      createWebviewPanel: (_: string, title: string) => ({
        title,
        onDidDispose: (close: () => void) => editor.close.push(close),
        reveal() {},
        webview: {
          cspSource: '',
          asWebviewUri: (each: unknown) => each,
          postMessage: (message: unknown) => editor.posted.push(message),
          onDidReceiveMessage(receive: typeof editor.say) {
            editor.say = receive;
            return nothing;
          },
        },
      }),
      registerWebviewPanelSerializer: listen,
      onDidChangeActiveTextEditor: listen,
      onDidChangeTextEditorSelection: listen,
      showErrorMessage: async (text: string) => void log(text),
      visibleTextEditors: [],
    },
    workspace: {
      onDidChangeTextDocument: listen,
      asRelativePath: (each: { toString(): string }) => each.toString(),
      openTextDocument: async (each: { toString(): string }) => ({
        uri: each,
        version: 1,
        getText: () => readFileSync(new URL(each.toString()), 'utf8'),
      }),
    },
  };
});

beforeEach(() => {
  Object.assign(editor, { posted: [], logged: [], close: [], say: () => undefined });
});
afterEach(() => {
  for (const close of editor.close) close();
});

const context = { extensionPath: process.cwd(), extensionUri: { fsPath: process.cwd() }, subscriptions: [] };
const asContext = context as unknown as Vscode.ExtensionContext;
const [fake] = depthVersusWidth;
if (fake === undefined) throw new Error('Expected a run in the fixtures.');
const record = recordOf(fake);

/** A hub with one run that is there from the start. */
function hubWithRun(): RunHub {
  const history = createHistory();
  history.addMetrics(rowsOf(fake as NonNullable<typeof fake>, 30));
  history.addSamples(samplesOf(30));
  const run: LiveRun = {
    id: record.id,
    folder: '/none',
    history,
    record,
    status: 'running',
    problem: null,
    experts: null,
  };
  return {
    root: '/none',
    list: () => [{ id: record.id, folder: run.folder, record, status: 'running', problem: null }],
    record: () => record,
    onDidChangeList: () => ({ dispose() {} }),
    refresh() {},
    follow(_: string, onChange: (change: LiveChange) => void) {
      onChange({ run, steps: 0, evals: 0, samples: 0, experts: true });
      return { run, poke() {}, dispose() {} };
    },
  } as unknown as RunHub;
}

/** What the host posts after the page said something, by the guard of the page; nothing may be refused there. */
async function answersTo(schema: Parameters<typeof open>[0], message: object): Promise<readonly Message[]> {
  editor.posted = [];
  editor.say(seal(1, message));
  await vi.waitFor(() => expect(editor.posted.length).toBeGreaterThan(0));
  return editor.posted.map(posted => {
    const { value, problems } = open(schema, 1, posted);
    expect(problems).toEqual([]);
    return value as Message;
  });
}
const includesOneOf = (types: readonly string[], answers: readonly Message[]): boolean =>
  answers.some(({ type }) => types.includes(type));

it('the training panel says nothing before its page listens, and all of it to each ready', async () => {
  const panels = activateTrainingPanels(asContext, hubWithRun(), { control: async () => undefined });
  panels.show(record.id);
  expect(editor.posted).toEqual([]);
  const ready = { type: 'ready', runId: null };
  const first = await answersTo(toTrainingPanelSchema, ready);
  expect(first.map(({ type }) => type)).toEqual(['run', 'progress', 'series', 'samples', 'experts']);
  expect(includesOneOf(trainingPanelAnswers, first)).toBe(true);
  expect(first[2]).toMatchObject({ offset: { steps: 0, evals: 0 } });
  expect(await answersTo(toTrainingPanelSchema, ready)).toEqual(first);
});

it('the comparison says what to choose to each ready, until the page has chosen', async () => {
  const panel = activateComparePanel(asContext, hubWithRun());
  panel.show([record.id]);
  expect(editor.posted).toEqual([]);
  const ready = { type: 'ready', runIds: [] };
  const first = await answersTo(toComparePanelSchema, ready);
  expect(first.map(({ type }) => type)).toEqual(['runs', 'select']);
  expect(includesOneOf(comparePanelAnswers, first)).toBe(true);
  expect(await answersTo(toComparePanelSchema, ready)).toEqual(first);
  await answersTo(toComparePanelSchema, { type: 'selected', runIds: [record.id], missing: [record.id] });
  expect((await answersTo(toComparePanelSchema, ready)).map(({ type }) => type)).toEqual(['runs']);
  // Chosen in the runs view while the page of a hidden panel is loaded again.
  editor.posted = [];
  panel.show([record.id]);
  expect(editor.posted).toHaveLength(1);
  expect((await answersTo(toComparePanelSchema, ready)).map(({ type }) => type)).toEqual(['runs', 'select']);
});

it('the architecture is drawn for each ready', async () => {
  activateModelPanel(asContext, hubWithRun(), { list: async () => [] } as never);
  const file = pathToFileURL('gallery/gemma-3-1b.supra').href;
  await editor.commands.get('supra.showArchitecture')?.(file, 'gemma_3_1b');
  expect(editor.posted).toEqual([]);
  const ready = { type: 'ready', model: null, other: null };
  const first = await answersTo(toModelPanelSchema, ready);
  expect(first.map(({ type }) => type)).toEqual(['show']);
  expect(includesOneOf(modelPanelAnswers, first)).toBe(true);
  const again = await answersTo(toModelPanelSchema, ready);
  // The same but for the numbers of places, which are never given twice.
  const withoutPlaces = (value: unknown) => JSON.stringify(value, (key, part) => (key === 'place' ? 0 : part));
  expect(withoutPlaces(again)).toBe(withoutPlaces(first));
  expect(editor.logged).toEqual([]);
});
