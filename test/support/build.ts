import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');

/** Builds the given bundles into dist/ when a source is newer than they are, and returns the path of dist/. */
export function buildOnce(...bundles: readonly ('trainer' | 'cli' | 'server' | 'report')[]): string {
  const dist = join(root, 'dist');
  const files = bundles.map(name => join(dist, name === 'report' ? `webview/${name}.js` : `${name}.js`));
  mkdirSync(dist, { recursive: true });
  const release = takeTurn(join(dist, '.building'));
  try {
    const newest = Math.max(newestIn(join(root, 'src')), newestIn(join(root, 'webview')));
    const stale = files.some(file => !existsSync(file) || statSync(file).mtimeMs < newest);
    if (stale) {
      execFileSync(process.execPath, ['esbuild.mjs', `--only=${bundles.join(',')}`], { cwd: root, stdio: 'pipe' });
    }
  } finally {
    release();
  }
  return dist;
}

/** Test files run in several processes; only one of them builds at a time. */
function takeTurn(path: string): () => void {
  for (let waited = 0; waited < 60_000; waited += 50) {
    try {
      closeSync(openSync(path, 'wx'));
      return () => rmSync(path, { force: true });
    } catch {
      // A build takes seconds; a file older than that was left behind by a killed test.
      const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
      if (age > 30_000) rmSync(path, { force: true });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
  throw new Error(`Expected ${path} to go away within a minute.`);
}

function newestIn(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .reduce((newest, entry) => Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);
}
