import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { modelWeights } from '../../src/architecture/model';
import { createBytes } from '../../src/data/tokenizers/bytes';
import { writeSafetensors } from '../../src/exchange/safetensors';
import { activateExportRun } from '../../src/extension/export-run';
import { createRun } from '../../src/runs/create-run';
import { runPaths } from '../../src/runs/run-folder';
import { listRuns } from '../../src/runs/run-store';
import { saveRunTokenizer } from '../../src/training/run-tokenizer';
import { tempFolder } from '../support/temp-folder';
import { tinyExperiment } from '../support/tiny-experiment';

/** As much of VS Code as an export needs. */
const editor = vi.hoisted(() => ({
  run: async (..._: unknown[]): Promise<unknown> => undefined,
  /** The item that is picked, by its label. */
  pick: '',
  /** What the dialog for a folder or a file answers. */
  target: undefined as string | undefined,
  /** The button that is pressed at the end. */
  press: undefined as string | undefined,
  cancelsAtOnce: false,
  executed: [] as unknown[],
  said: [] as string[],
  progress: [] as number[],
}));
vi.mock('vscode', () => ({
  commands: {
    registerCommand: (_: string, run: typeof editor.run) => {
      editor.run = run;
      return { dispose() {} };
    },
    executeCommand: async (...args: unknown[]) => void editor.executed.push(args),
  },
  env: { uiKind: 1 },
  UIKind: { Desktop: 1 },
  ProgressLocation: { Notification: 15 },
  Uri: { file: (fsPath: string) => ({ fsPath }) },
  window: {
    createOutputChannel: () => ({ error() {}, show() {} }),
    showErrorMessage: async (text: string) => void editor.said.push(text),
    showInformationMessage: async (text: string, ...buttons: string[]) => {
      editor.said.push(text);
      return buttons.find(button => button === editor.press);
    },
    showQuickPick: async (items: readonly { label: string }[]) => items.find(({ label }) => label === editor.pick),
    showOpenDialog: async () => (editor.target === undefined ? undefined : [{ fsPath: editor.target }]),
    showSaveDialog: async () => (editor.target === undefined ? undefined : { fsPath: editor.target }),
    withProgress: (_: unknown, task: (progress: unknown, token: unknown) => unknown) =>
      task(
        { report: ({ increment }: { increment: number }) => editor.progress.push(increment) },
        { onCancellationRequested: (stop: () => void) => editor.cancelsAtOnce && stop() },
      ),
  },
  workspace: { workspaceFolders: undefined },
}));

beforeEach(() =>
  Object.assign(editor, { executed: [], said: [], progress: [], press: undefined, cancelsAtOnce: false }),
);

/** A workspace with one run that has a checkpoint, and the command ready. */
async function prepare(): Promise<{ root: string; id: string; out: string }> {
  const root = tempFolder();
  const spec = tinyExperiment();
  const { folder, record } = createRun(root, {
    spec,
    source: 'model tiny {}\n',
    file: 'm.supra',
    supraVersion: '0.1.0',
  });
  saveRunTokenizer(folder, createBytes(true));
  const checkpoint = join(runPaths(folder).checkpoints, 'step-000003');
  mkdirSync(checkpoint, { recursive: true });
  const tensors = modelWeights(record.spec.model).filter(({ tiedTo }) => tiedTo === undefined);
  await writeSafetensors(
    join(checkpoint, 'model.safetensors'),
    tensors.map(({ path, shape }) => {
      const sizes = Object.values(shape);
      const read = () => new Float32Array(sizes.reduce((product, size) => product * size, 1)).fill(0.5);
      return { name: path, shape: sizes, dtype: 'F32', read };
    }),
  );
  const context = { subscriptions: [], extension: { packageJSON: { version: '0.1.0' } } };
  activateExportRun(context as never, { list: () => listRuns(root) } as never);
  return { root, id: record.id, out: tempFolder() };
}

it('writes the run that was pointed at as a GGUF file, tells how far it is and shows the file', async () => {
  const { id, out } = await prepare();
  Object.assign(editor, { pick: 'GGUF, f16', target: join(out, 'a.gguf'), press: 'Reveal' });
  await editor.run({ runId: id });
  expect(readFileSync(join(out, 'a.gguf')).subarray(0, 4).toString()).toBe('GGUF');
  expect(editor.said).toEqual(['a.gguf written: step 3 of tiny, as llama.']);
  expect(editor.progress.reduce((sum, each) => sum + each, 0)).toBeCloseTo(100);
  expect(editor.executed).toEqual([['revealFileInOS', { fsPath: join(out, 'a.gguf') }]]);
  // The dialog has asked whether it may be replaced.
  await editor.run({ runId: id });
  expect(editor.said).toHaveLength(2);
});

it('writes a folder for Hugging Face and opens its model card', async () => {
  const { id, out } = await prepare();
  Object.assign(editor, { pick: 'Hugging Face, bf16', target: out, press: 'Open Model Card' });
  await editor.run();
  const card = join(out, `${id}-hf`, 'README.md');
  expect(readFileSync(card, 'utf8')).toContain('# tiny');
  expect(editor.executed).toEqual([['markdown.showPreview', { fsPath: card }]]);
});

it('leaves nothing behind when it is cancelled, and does nothing where a dialog is left', async () => {
  const { id, out } = await prepare();
  Object.assign(editor, { pick: 'GGUF, f32', target: join(out, 'a.gguf'), cancelsAtOnce: true });
  await editor.run({ runId: id });
  Object.assign(editor, { target: undefined });
  await editor.run({ runId: id });
  Object.assign(editor, { pick: 'none of them' });
  await editor.run({ runId: id });
  expect(readdirSync(out)).toEqual([]);
  expect(editor.said).toEqual([]);
});

it('says why a run cannot be exported', async () => {
  const { id, out } = await prepare();
  Object.assign(editor, { pick: 'Hugging Face, f32', target: out });
  await editor.run({ runId: id });
  await editor.run({ runId: id });
  expect(editor.said.at(-1)).toContain('is there already and is not overwritten');
  await editor.run({ runId: 'gone' });
  expect(editor.said.at(-1)).toContain('not in this folder any more');
  expect(existsSync(join(out, `${id}-hf`, 'config.json'))).toBe(true);
});
