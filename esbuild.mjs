// Builds every bundle into dist/ (or `--out=FOLDER`). `--watch` rebuilds on change, `--production` minifies, `--only=trainer,cli`
// builds just those. dist/meta.json is esbuild's metafile, for https://esbuild.github.io/analyze.
import { existsSync, writeFileSync } from 'node:fs';
import * as esbuild from 'esbuild';

const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');
const option = name => process.argv.find(word => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const only = option('only')?.split(',');
const out = option('out') ?? 'dist';

const shared = {
  bundle: true,
  sourcemap: production ? false : 'linked',
  minify: production,
  metafile: true,
  logLevel: process.argv.includes('--quiet') ? 'warning' : 'info',
  define: { 'process.env.NODE_ENV': production ? '"production"' : '"development"' },
};

/** Entry points that run in Node (the editor's or the system's). */
const node = {
  ...shared,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  outdir: out,
  // tinyglobby's dependency fdir asks for its own URL, which CommonJS lacks.
  define: { ...shared.define, 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  // './exchange.js' is the extension's own second bundle, loaded on demand.
  external: ['vscode', '@tensorflow/tfjs-node', './exchange.js'],
  // tfjs-backend-cpu says wrongly that its main file has no side effects: importing it is what registers the backend.
  ignoreAnnotations: true,
  entryPoints: {
    extension: 'src/extension/extension.ts',
    exchange: 'src/extension/exchange.ts',
    server: 'src/server/main.ts',
    trainer: 'src/training/main.ts',
    cli: 'src/cli/main.ts',
  },
};

/** Entry points that run in a webview or in the HTML report. */
const browser = {
  ...shared,
  platform: 'browser',
  target: 'es2022',
  format: 'iife',
  outdir: `${out}/webview`,
  loader: { '.css': 'css' },
  entryPoints: {
    training: 'webview/training/main.ts',
    compare: 'webview/compare/main.ts',
    model: 'webview/model/main.ts',
    report: 'webview/report/main.ts',
  },
};

/** Benchmarks: `npm run bench`. */
const bench = {
  ...node,
  outdir: `${out}/bench`,
  entryPoints: {
    'supra-peer': 'bench/supra-peer.ts',
    train: 'bench/train.ts',
    'loss-curve': 'bench/loss-curve.ts',
    roofline: 'bench/roofline.ts',
    gallery: 'bench/gallery.ts',
  },
};

/** The integration suite runs inside the extension host. */
const integration = {
  ...shared,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  outdir: `${out}/test`,
  external: ['vscode', 'mocha'],
  entryPoints: { 'integration/index': 'test/integration/index.ts' },
};

const present = config => ({
  ...config,
  entryPoints: Object.fromEntries(
    Object.entries(config.entryPoints).filter(([name, file]) => existsSync(file) && (only?.includes(name) ?? true)),
  ),
});
const configs = [node, browser, ...(production ? [] : [bench, integration])]
  .map(present)
  .filter(config => Object.keys(config.entryPoints).length > 0);

if (watch) {
  for (const config of configs) await (await esbuild.context(config)).watch();
} else {
  const results = await Promise.all(configs.map(config => esbuild.build(config)));
  const merged = { inputs: {}, outputs: {} };
  for (const { metafile } of results) {
    Object.assign(merged.inputs, metafile.inputs);
    Object.assign(merged.outputs, metafile.outputs);
  }
  if (only === undefined && !production) writeFileSync(`${out}/meta.json`, JSON.stringify(merged));
}
