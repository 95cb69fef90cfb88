import { beforeEach, expect, it, vi } from 'vitest';
import { registerCommand, UserError } from '../../src/extension/register-command';
import { expectRoot, expectTrust } from '../../src/extension/workspace';

/** As much of VS Code as a command needs to be refused. */
const editor = vi.hoisted(() => ({
  trusted: false,
  folders: undefined as readonly { uri: { fsPath: string } }[] | undefined,
  shown: [] as string[],
  logged: [] as string[],
  commands: new Map<string, (...args: unknown[]) => Promise<unknown>>(),
}));
vi.mock('vscode', () => ({
  commands: {
    registerCommand(id: string, run: (...args: unknown[]) => Promise<unknown>) {
      editor.commands.set(id, run);
      return { dispose: () => editor.commands.delete(id) };
    },
  },
  window: {
    showErrorMessage: async (message: string) => void editor.shown.push(message),
    createOutputChannel: () => ({ error: (line: string) => editor.logged.push(line), show() {} }),
  },
  workspace: {
    get isTrusted() {
      return editor.trusted;
    },
    get workspaceFolders() {
      return editor.folders;
    },
    getWorkspaceFolder: () => undefined,
  },
}));

beforeEach(() => {
  Object.assign(editor, { trusted: false, folders: undefined, shown: [], logged: [] });
});

const run = (id: string, ...args: unknown[]) => editor.commands.get(id)?.(...args);

it('refuses to train in a workspace that is not trusted, and says how to trust it', async () => {
  let started = 0;
  registerCommand('trainModel', () => {
    expectTrust();
    started++;
  });
  await run('supra.trainModel');
  expect(started).toBe(0);
  expect(editor.shown).toHaveLength(1);
  expect(editor.shown[0]).toContain('Train Model: This workspace is not trusted');
  expect(editor.shown[0]).toContain('Manage Workspace Trust');

  editor.trusted = true;
  await run('supra.trainModel');
  expect(started).toBe(1);
  expect(editor.shown).toHaveLength(1);
});

it('explains that runs need a folder', async () => {
  registerCommand('newModel', () => expectRoot());
  await run('supra.newModel');
  expect(editor.shown).toEqual([
    'New Model…: No folder is open, and runs are kept in one. Open a folder first (File: Open Folder…).',
  ]);

  editor.folders = [{ uri: { fsPath: '/models' } }];
  expect(await run('supra.newModel')).toBe('/models');
});

it('shows an error once, in a sentence; the stack is in the log alone', async () => {
  registerCommand('doctor', () => {
    throw new UserError('The disk is full. Make room and try again.');
  });
  await expect(run('supra.doctor')).resolves.toBeUndefined();
  expect(editor.shown).toEqual(['Doctor: The disk is full. Make room and try again.']);
  expect(editor.logged).toHaveLength(1);
  expect(editor.logged[0]).toContain('untrusted.test.ts');
});
