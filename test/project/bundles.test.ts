import { existsSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { repository } from './repository';

/** What a bundle may weigh, minified, in KiB: a little above what it does, so that growth is noticed. */
const budgets = {
  // The language is in both, each check with its words: the extension draws models and finds train blocks without asking the
  // server.
  extension: ['src/extension/extension.ts', 685],
  exchange: ['src/extension/exchange.ts', 260],
  // 80 of it read config.json and run.json: what a train block starts from is compared with its model at every key. 13 more
  // know what architectures of llama.cpp cannot hold, and say so of a model that is trained while it is typed.
  server: ['src/server/main.ts', 510],
  trainer: ['src/training/main.ts', 1600],
  // 3 of it keep and show the load of experts, 6 are the numbers and the picture of model cards, 2 say what a format cannot hold,
  // 2 are native kernels of tfjs operations and of attention to chosen keys.
  cli: ['src/cli/main.ts', 1785],
  training: ['webview/training/main.ts', 285],
  compare: ['webview/compare/main.ts', 290],
  model: ['webview/model/main.ts', 305],
  report: ['webview/report/main.ts', 275],
} as const;
type Bundle = keyof typeof budgets;
/** Bundles that must start at once and never load a tensor library. */
const light: readonly Bundle[] = ['extension', 'exchange', 'server', 'training', 'compare', 'model', 'report'];

const built = new Map<Bundle, esbuild.Metafile>();

beforeAll(async () => {
  for (const [name, [entry]] of Object.entries(budgets)) {
    const isPanel = entry.startsWith('webview/');
    const { metafile } = await esbuild.build({
      entryPoints: [path.join(repository, entry)],
      absWorkingDir: repository,
      bundle: true,
      minify: true,
      write: false,
      outdir: 'out',
      metafile: true,
      logLevel: 'silent',
      platform: isPanel ? 'browser' : 'node',
      format: isPanel ? 'iife' : 'cjs',
      external: ['vscode', '@tensorflow/tfjs-node', './exchange.js'],
    });
    built.set(name as Bundle, metafile);
  }
});

test.each(Object.entries(budgets))('%s stays within its budget', (name, [, limit]) => {
  const outputs = Object.entries(built.get(name as Bundle)?.outputs ?? {}).filter(([file]) => file.endsWith('.js'));
  const bytes = outputs.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  expect(bytes).toBeGreaterThan(0);
  expect(Math.round(bytes / 1024)).toBeLessThanOrEqual(limit);
});

test.each(light)('%s contains no tensors', name => {
  const inputs = Object.keys(built.get(name)?.inputs ?? {});
  expect(inputs.length).toBeGreaterThan(0);
  expect(inputs.filter(file => file.includes('@tensorflow') || file.startsWith('src/engine/'))).toEqual([]);
});

test('the build of this checkout is there', () => {
  for (const file of ['extension', 'exchange', 'server', 'trainer', 'cli']) {
    expect(existsSync(path.join(repository, 'dist', `${file}.js`))).toBe(true);
  }
});
