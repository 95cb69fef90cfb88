import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { layVscodeServer } from '../../scripts/lay-vscode-server.mjs';
import { codeLenses, openFile, openWorkbench, runCommand, until, webview } from './driver';
import { makeFolder, repository, shoot, shootFailure, startStage } from './stage';

let stage: Awaited<ReturnType<typeof startStage>>;
let page: Page;
const work = mkdtempSync(path.join(tmpdir(), 'supra-installed-'));
const extensionsDir = path.join(work, 'extensions');
const place = makeFolder({
  // A bundled corpus and a model of the gallery: what an installed extension has to bring along.
  'bundled.supra': `model small from llama_3_2_1b {
  vocab   = 257
  context = 64
  hidden  = 32
  layer block {
    attention { heads = 2  kv_heads = 2  head_dim = 16 }
    ffn { width = 64 }
  }
  layers = block * 1
}
data whales {
  source = "moby-dick"
  tokenizer bytes
}
train {
  batch = 4
  steps = 60
}
`,
});

/** Runs a program to its end; what it printed is in the message of a failure. */
function run(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: repository, encoding: 'utf8' });
  if (status !== 0) throw new Error(`Expected ${args.join(' ')} to end with 0, got ${status}:\n${stdout}${stderr}`);
}

beforeAll(async () => {
  const archive = path.join(work, 'supra.vsix');
  run('scripts/package.mjs', `--out=${archive}`);
  const server = path.join(layVscodeServer(), 'out/server-main.js');
  run(server, '--install-extension', archive, '--extensions-dir', extensionsDir, '--accept-server-license-terms');
  stage = await startStage({ installed: true, extensionsDir });
  page = await openWorkbench(stage, place.folder);
});
afterEach(context => shootFailure(page, context.task));
afterAll(async () => {
  await stage?.stop();
  place.remove();
  rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

test('the packed extension holds what runs and nothing that builds or tests', () => {
  const folder = path.join(extensionsDir, readdirSync(extensionsDir).find(name => name.includes('supra-')) ?? '');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const needed of [
    ...['dist/extension.js', 'dist/server.js', 'dist/trainer.js', 'dist/cli.js', 'dist/webview/training.js'],
    ...[
      'dist/webview/compare.css',
      'dist/corpora/moby-dick',
      'dist/corpora/sotu',
      'gallery',
      'examples/supra-mini.supra',
    ],
    ...['docs/reference/index.md', 'media/icon.png', 'native/build/Release/supra_native.node'],
  ]) {
    expect(files).toContain(needed);
  }
  expect(files.filter(file => /(^|\/)(node_modules|test|src|scripts)(\/|$)|\.ts$|\.map$/.test(file))).toEqual([]);
});

test('the installed extension counts a model of the gallery and trains it on a bundled text', async () => {
  const ed = await openFile(page, 'bundled.supra');
  await until(
    'lenses',
    () => codeLenses(ed),
    found => found.some(lens => lens.includes('parameters')) && found.some(lens => lens.includes('Train')),
    60_000,
  );
  await runCommand(page, 'Supra: Train Model');
  const panel = await webview(page, /^Training/, 60_000);
  await panel.locator('.pill', { hasText: /^Completed$/ }).waitFor({ timeout: 120_000 });
  await shoot(page, 'installed');
  const runs = path.join(place.folder, '.supra', 'runs');
  const [id = ''] = readdirSync(runs);
  const record = JSON.parse(readFileSync(path.join(runs, id, 'run.json'), 'utf8'));
  expect(record).toMatchObject({ status: 'completed', stepsDone: 60, engine: { backend: 'native' } });
  await runCommand(page, 'Supra: Open Folder of Run');
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: id }).waitFor();
});

test('the command line of the installed extension finds its engine', async () => {
  await runCommand(page, 'Supra: Doctor');
  const report = page.locator('.editor-instance .view-lines', { hasText: 'Used' });
  await report.waitFor({ timeout: 60_000 });
  expect((await report.textContent())?.replaceAll('\u00a0', ' ')).toContain('Used here: native');
});
