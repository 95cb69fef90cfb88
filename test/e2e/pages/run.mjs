// Page tests of the panels: `node test/e2e/pages/run.mjs [training|experts|compare|model|report]` after `npm run build`. Screenshots: test-results/pages.
// WEBVIEW_DIST names another folder with the bundles, CHROMIUM another browser.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
process.chdir(path.join(here, '../../..'));
const only = process.argv[2];
mkdirSync('test-results/pages', { recursive: true });
const outfile = path.resolve('test-results/pages/suite.mjs');
await esbuild.build({
  entryPoints: [path.join(here, 'suite.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
const { runSuite } = await import(pathToFileURL(outfile).href);
process.exitCode = (await runSuite(only)) ? 0 : 1;
