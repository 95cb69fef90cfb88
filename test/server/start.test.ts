import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  CompletionItem,
  Diagnostic,
  DocumentLink,
  Hover,
  PublishDiagnosticsParams,
} from 'vscode-languageserver-protocol';
import { importConfig } from '../../src/exchange/hugging-face/import-config';
import { writeImported } from '../../src/language/writing/write-imported';
import { createRun } from '../../src/runs/create-run';
import { tinyExperiment } from '../support/tiny-experiment';
import { buildServer, type RunningServer, startServer } from './start-server';

const golden = join(import.meta.dirname, '../fixtures/golden/llama_mha_tied');
const folder = mkdtempSync(join(tmpdir(), 'supra-test-'));
const uri = pathToFileURL(join(folder, 'model.supra')).href;
const built = buildServer();
const options = { workspaceFolder: pathToFileURL(folder).href, initializationOptions: { docs: 'https://docs.test/' } };
const published: PublishDiagnosticsParams[] = [];
let server: RunningServer;
let model = '';
let run = '';
let version = 0;

beforeAll(async () => {
  cpSync(golden, join(folder, 'models/llama'), { recursive: true });
  mkdirSync(join(folder, 'models/.hidden'));
  writeFileSync(join(folder, 'models/notes.txt'), 'nothing');
  const { value } = importConfig(readFileSync(join(golden, 'config.json'), 'utf8'), 'small');
  if (value === null) throw new Error('Expected a config.');
  model = writeImported(value.spec, { modelType: value.modelType, warnings: [] });
  const made = createRun(folder, { spec: tinyExperiment(), source: '', file: 'model.supra', supraVersion: '0' });
  run = made.record.id;
  const checkpoint = join(made.folder, 'checkpoints/step-000010');
  mkdirSync(checkpoint, { recursive: true });
  writeFileSync(join(checkpoint, 'model.safetensors'), '');
  writeFileSync(join(made.folder, 'tokenizer.json'), '{}');
  server = await startServer(built.file, options);
  server.connection.onNotification('textDocument/publishDiagnostics', params => {
    published.push(params as PublishDiagnosticsParams);
  });
});

afterAll(async () => {
  expect(await server.end()).toBe(0);
  expect(server.errors()).toBe('');
  built.remove();
  rmSync(folder, { recursive: true });
});

/** Opens or changes the file: the model of the golden, with a train block that holds `lines`, where `$0` is the cursor. */
async function write(lines: string, of = model) {
  const marked = `${of}\ndata text { tokenizer chars }\ntrain {\n  ${lines}\n}\n`;
  const before = marked.split('$0')[0]?.split('\n') ?? [];
  const text = marked.replace('$0', '');
  version++;
  const textDocument = { uri, version, languageId: 'supra', text };
  if (version === 1) await server.connection.sendNotification('textDocument/didOpen', { textDocument });
  else await server.connection.sendNotification('textDocument/didChange', { textDocument, contentChanges: [{ text }] });
  return { textDocument: { uri }, position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 } };
}

async function problemsOf(lines: string, of = model): Promise<readonly Diagnostic[]> {
  await write(lines, of);
  const wanted = version;
  for (;;) {
    const found = published.find(params => params.version === wanted);
    if (found) return found.diagnostics.filter(({ code }) => String(code).startsWith('start-'));
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

describe('what a run starts from, while it is typed', () => {
  it('is compared with the model', async () => {
    expect(await problemsOf('start = "models/llama"')).toEqual([]);
    const wide = model.replace(/hidden( *)= \d+/, 'hidden$1= 96');
    expect(await problemsOf('start = "models/llama"', wide)).toMatchObject([
      { code: 'start-unlike-model', severity: 1, message: expect.stringMatching(/`hidden` is \d+ there and 96 here/) },
    ]);
    expect(await problemsOf(`start = "${run}"`)).toMatchObject([
      { code: 'start-unlike-model', message: expect.stringContaining(`run ${run}, step 10`) },
    ]);
    expect(await problemsOf('start = "models"')).toMatchObject([
      { code: 'start-unusable', message: expect.stringContaining('models holds neither config.json') },
    ]);
    expect(await problemsOf('start = "../x"')).toMatchObject([{ code: 'start-unusable' }]);
  });

  it('is completed step by step', async () => {
    const complete = async (lines: string) => {
      const items = await server.connection.sendRequest<CompletionItem[]>(
        'textDocument/completion',
        await write(lines),
      );
      return items.map(({ label, detail }) => [label, detail]);
    };
    expect(await complete('start = "$0"')).toEqual([
      [run, 'run tiny'],
      ['models/', undefined],
    ]);
    expect(await complete('start = "mod$0')).toContainEqual(['models/', undefined]);
    expect(await complete('start = "models/ll$0"')).toEqual([['llama', 'Hugging Face']]);
    expect(await complete('start = "../$0"')).toEqual([]);
    expect(await complete('prompts = ["$0"]')).toEqual([]);
  });

  it('is explained, and leads to what describes it', async () => {
    const hover = await server.connection.sendRequest<Hover>(
      'textDocument/hover',
      await write('start = "mod$0els/llama"'),
    );
    expect(JSON.stringify(hover.contents)).toContain('**Weights of llama**\\n\\nThey fit `small`. No tokenizer');
    const links = await server.connection.sendRequest<DocumentLink[]>('textDocument/documentLink', {
      textDocument: { uri },
    });
    expect(links.map(({ target }) => target)).toEqual([pathToFileURL(join(folder, 'models/llama/config.json')).href]);
  });

  it('is not looked at where the workspace is not trusted', async () => {
    const careful = await startServer(built.file, { ...options, initializationOptions: { trusted: false } });
    const seen: PublishDiagnosticsParams[] = [];
    careful.connection.onNotification('textDocument/publishDiagnostics', params => {
      seen.push(params as PublishDiagnosticsParams);
    });
    const text = `${model}\ntrain {\n  start = ""\n}\n`.replace('""', '"models/gone"');
    const textDocument = { uri, version: 1, languageId: 'supra', text };
    await careful.connection.sendNotification('textDocument/didOpen', { textDocument });
    const position = { line: text.split('\n').length - 3, character: 11 };
    const items = await careful.connection.sendRequest('textDocument/completion', { textDocument: { uri }, position });
    expect(items).toEqual([]);
    expect(seen.flatMap(({ diagnostics }) => diagnostics.map(({ code }) => code))).not.toContain('start-unusable');
    expect(await careful.end()).toBe(0);
  });
});
