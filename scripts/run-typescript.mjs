// Runs a TypeScript program of this repository: `node scripts/run-typescript.mjs bench/language-server.ts [arguments]`.
// Bundled with esbuild into dist/scripts first, as everything else here is; packages are left where they are.
import { spawnSync } from 'node:child_process';
import { basename, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';

const [source, ...args] = process.argv.slice(2);
if (source === undefined) {
  console.error('Which program? Usage: node scripts/run-typescript.mjs FILE.ts [arguments]');
  process.exit(2);
}
const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const outfile = join(root, 'dist/scripts', `${basename(source, '.ts')}.mjs`);
buildSync({
  entryPoints: [resolve(source)],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  logLevel: 'warning',
});
const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...args], { stdio: 'inherit' });
process.exit(status ?? 1);
