import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  CodeAction,
  CodeLens,
  CompletionItem,
  DefinitionLink,
  Diagnostic,
  DocumentLink,
  DocumentSymbol,
  FoldingRange,
  Hover,
  InlayHint,
  Location,
  PublishDiagnosticsParams,
  SelectionRange,
  SemanticTokens,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver-protocol';
import { buildServer, type RunningServer, startServer } from './start-server';

const text = `model small {
  vocab = 8192
  hidden = 256
  layer block {
    norm rms
    attention gqa { heads = 8 }
    ffn swiglu { width = 4 * hidden }
  }
  layers = block * 3
}
data  corpus {
  tokenizer hf { file = "tokens/tokenizer.json" }
}
train {
  model = small
}
`;

const folder = mkdtempSync(join(tmpdir(), 'supra-test-'));
const uri = pathToFileURL(join(folder, 'model.supra')).href;
const built = buildServer();
let server: RunningServer;
const published: PublishDiagnosticsParams[] = [];

/** The problems published for a version of the document, as soon as they are. */
async function problemsOf(version: number): Promise<readonly Diagnostic[]> {
  for (;;) {
    const found = published.find(params => params.version === version);
    if (found) return found.diagnostics;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

const ask = <Result>(method: string, params: object = {}): Promise<Result> =>
  server.connection.sendRequest<Result>(method, { textDocument: { uri }, ...params });

/** The position of the first place where `piece` stands, behind its first `ahead` characters. */
function at(piece: string, ahead = 1): { line: number; character: number } {
  const before = text.slice(0, text.indexOf(piece) + ahead).split('\n');
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}
const change = (version: number, contentChanges: readonly object[]) =>
  server.connection.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges });

beforeAll(async () => {
  mkdirSync(join(folder, 'tokens'));
  writeFileSync(join(folder, 'tokens/tokenizer.json'), '{}');
  server = await startServer(built.file, {
    workspaceFolder: pathToFileURL(folder).href,
    initializationOptions: { docs: 'https://example.test/docs/' },
    settings: { problemSeverity: { 'unused-layer': 'warning' }, inlayHints: 'nonsense' },
  });
  server.connection.onNotification('textDocument/publishDiagnostics', params => {
    published.push(params as PublishDiagnosticsParams);
  });
  await server.connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'supra', version: 1, text },
  });
});

afterAll(async () => {
  expect(await server.end()).toBe(0);
  expect(server.errors()).toBe('');
  built.remove();
  rmSync(folder, { recursive: true });
});

describe('a language server over stdio', () => {
  it('publishes problems with the address of their page', async () => {
    expect((await problemsOf(1)).filter(({ severity }) => severity === 1)).toEqual([]);
    const range = { start: at('block * 3', 0), end: at('block * 3', 5) };
    await change(2, [{ range, text: 'blok' }]);
    const [first] = await problemsOf(2);
    expect(first).toMatchObject({
      code: 'unknown-reference',
      codeDescription: { href: 'https://example.test/docs/language-problems.md#unknown-reference' },
      range: { start: range.start, end: { line: range.start.line, character: range.start.character + 4 } },
    });
    const actions = await ask<CodeAction[]>('textDocument/codeAction', { range, context: { diagnostics: [first] } });
    expect(actions[0]).toMatchObject({ kind: 'quickfix', isPreferred: true, diagnostics: [first] });
    expect(actions[0]?.edit?.changes?.[uri]?.[0]?.newText).toBe('block');
    await change(3, [{ text }]);
    await problemsOf(3);
  });

  it('takes severities from the settings', async () => {
    await change(4, [{ text: text.replace('  layers', '  layer spare {\n    ffn swiglu\n  }\n  layers') }]);
    expect((await problemsOf(4)).find(({ code }) => code === 'unused-layer')).toMatchObject({ severity: 2, tags: [1] });
    await change(5, [{ text }]);
  });

  it('completes with snippets', async () => {
    const items = await ask<CompletionItem[]>('textDocument/completion', { position: at('norm rms', 5) });
    expect(items.map(({ label }) => label)).toEqual(['rms', 'layer']);
    expect(items[0]).toMatchObject({ insertTextFormat: 2, textEdit: { newText: 'rms' } });
  });

  it('explains, with a link to the reference', async () => {
    const hover = await ask<Hover>('textDocument/hover', { position: at('gqa {') });
    expect(JSON.stringify(hover.contents)).toContain('https://example.test/docs/reference/attention.md#gqa');
  });

  it('finds definitions, uses and highlights', async () => {
    const [link] = await ask<DefinitionLink[]>('textDocument/definition', { position: at('block * 3') });
    expect(link).toMatchObject({ targetUri: uri, targetSelectionRange: { start: at('block {', 0) } });
    const context = { includeDeclaration: false };
    expect(await ask<Location[]>('textDocument/references', { position: at('block {'), context })).toHaveLength(1);
    expect(await ask<unknown[]>('textDocument/documentHighlight', { position: at('block {') })).toHaveLength(2);
  });

  it('renames, and says why it does not', async () => {
    const edit = await ask<WorkspaceEdit>('textDocument/rename', { position: at('block {'), newName: 'wide' });
    expect(edit.changes?.[uri]).toHaveLength(2);
    expect(await ask('textDocument/prepareRename', { position: at('block {') })).toMatchObject({
      placeholder: 'block',
    });
    await expect(ask('textDocument/rename', { position: at('block {'), newName: '3b' })).rejects.toThrow(
      'cannot be a name',
    );
    await expect(ask('textDocument/prepareRename', { position: at('rms') })).rejects.toThrow('Only the names');
  });

  it('shows the file', async () => {
    const symbols = await ask<DocumentSymbol[]>('textDocument/documentSymbol');
    expect(symbols.map(({ name }) => name)).toEqual(['small', 'corpus', 'train']);
    expect(await ask<FoldingRange[]>('textDocument/foldingRange')).toContainEqual({ startLine: 0, endLine: 8 });
    const { data } = await ask<SemanticTokens>('textDocument/semanticTokens/full');
    expect(data.slice(0, 10)).toEqual([0, 0, 5, 0, 0, 0, 6, 5, 2, 1]);
    const [selection] = await ask<SelectionRange[]>('textDocument/selectionRange', { positions: [at('8192')] });
    expect(selection?.range).toEqual({ start: at('8192', 0), end: at('8192', 4) });
    const everything = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
    // `inlayHints` in the settings is no boolean: the standard holds.
    const hints = await ask<InlayHint[]>('textDocument/inlayHint', { range: everything });
    expect(hints[0]).toMatchObject({ label: '5.24 M', position: { line: 0, character: 13 } });
  });

  it('formats', async () => {
    const edits = await ask<TextEdit[]>('textDocument/formatting', { options: {} });
    expect(edits).toEqual([{ range: { start: at('data', 4), end: at('data', 6) }, newText: ' ' }]);
  });

  it('links to files that are there', async () => {
    const links = await ask<DocumentLink[]>('textDocument/documentLink');
    expect(links.map(({ target }) => target)).toEqual([pathToFileURL(join(folder, 'tokens/tokenizer.json')).href]);
  });

  it('measures runs once the machine is known', async () => {
    const titles = async () => {
      const lenses = await ask<CodeLens[]>('textDocument/codeLens');
      const resolved = lenses.map(lens => server.connection.sendRequest<CodeLens>('codeLens/resolve', lens));
      return (await Promise.all(resolved)).map(({ command }) => command?.title ?? '');
    };
    const before = await titles();
    expect(before[0]).toBe('5.24 M parameters');
    expect(before.join()).not.toContain('here');
    await server.connection.sendNotification('supra/machine', { flopsPerSecond: 1e12, memoryBytes: 1e11 });
    expect((await titles()).join()).toContain('here');
  });

  it('gives the lenses their arguments', async () => {
    const lenses = await ask<CodeLens[]>('textDocument/codeLens');
    const resolved = await Promise.all(
      lenses.map(lens => server.connection.sendRequest<CodeLens>('codeLens/resolve', lens)),
    );
    const commands = resolved.flatMap(({ command }) => (command?.command ? [command] : []));
    expect(commands).toMatchObject([
      { command: 'supra.showArchitecture', arguments: [uri, 'small'] },
      { command: 'supra.trainModel', arguments: [uri, ''] },
      { command: 'supra.compareRuns', arguments: [uri] },
    ]);
  });

  it('sums the current model up', async () => {
    const position = at('norm rms');
    const summary = await server.connection.sendRequest('supra/summary', { uri, position });
    expect(summary).toMatchObject({
      model: 'small',
      total: 5_244_672,
      active: 5_244_672,
      layers: 3,
      approximate: false,
    });
    expect(await server.connection.sendRequest('supra/summary', { nonsense: true })).toBeNull();
    expect(await server.connection.sendRequest('supra/summary', { uri: 'file:///other', position })).toBeNull();
  });

  it('copies a model of the gallery and shows where it comes from', async () => {
    const copy = 'model tiny from gemma_3_1b {\n  hidden = 128\n}\n';
    await change(6, [{ text: copy }]);
    expect((await problemsOf(6)).filter(({ severity }) => severity === 1)).toEqual([]);
    const [link] = await ask<DefinitionLink[]>('textDocument/definition', { position: { line: 0, character: 20 } });
    expect(link?.targetUri).toMatch(/gallery\/gemma-3-1b\.supra$/);
    await change(7, [{ text }]);
  });

  it('tells, once nobody types, which formats cannot hold a model that is trained', async () => {
    const isIt = ({ code }: Diagnostic) => code === 'not-exportable';
    /** The problem, or its absence, among the last that were published of a version. */
    const until = async (version: number, fits: (found: Diagnostic | undefined) => boolean) => {
      for (;;) {
        const last = published.findLast(params => params.version === version);
        const found = last?.diagnostics.find(isIt);
        if (last && fits(found)) return found;
        await new Promise(resolve => setTimeout(resolve, 5));
      }
    };
    const windowed = text.replace('heads = 8', 'heads = 8  window = 64');
    await change(8, [{ text: windowed }]);
    const start = at('heads = 8', 11);
    expect(await until(8, Boolean)).toMatchObject({
      severity: 3,
      range: { start, end: { line: start.line, character: start.character + 'window = 64'.length } },
      message: expect.stringContaining('GGUF cannot hold this model.'),
      codeDescription: { href: 'https://example.test/docs/checks/not-exportable.md' },
    });
    // While somebody types on, it stays: the first problems of the next text have it too.
    await change(9, [{ text: windowed.replace('hidden = 256', 'hidden = 512') }]);
    expect((await problemsOf(9)).filter(isIt)).toHaveLength(1);
    await change(10, [{ text: windowed.slice(0, windowed.indexOf('train {')) }]);
    expect((await problemsOf(10)).filter(isIt)).toEqual([]);
    await change(11, [{ text: windowed.replace('window = 64', 'window = 4096') }]);
    await change(12, [{ text }]);
    expect((await problemsOf(12)).filter(isIt)).toHaveLength(1);
    await until(12, found => !found);
  });

  it('forgets the problems of a closed file', async () => {
    await server.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    for (;;) {
      const last = published.at(-1);
      if (last?.version === undefined && last?.diagnostics.length === 0) break;
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    expect(await ask('textDocument/hover', { position: at('gqa') })).toBeNull();
  });
});

it('looks up no path in a workspace that is not trusted', async () => {
  const careful = await startServer(built.file, { initializationOptions: { trusted: false } });
  await careful.connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'supra', version: 1, text },
  });
  expect(await careful.connection.sendRequest('textDocument/documentLink', { textDocument: { uri } })).toEqual([]);
  expect(await careful.end()).toBe(0);
});
