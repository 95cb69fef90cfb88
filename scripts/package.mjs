// npm run package: supra-VERSION.vsix, with everything that runs and nothing that builds or tests.
import { readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const node = (file, ...args) => runCommand(process.execPath, [path.join(root, file), ...args], { cwd: root });
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const archive = path.join(root, `supra-${version}.vsix`);

node('scripts/setup.mjs');
rmSync(path.join(root, 'dist'), { recursive: true, force: true });
node('esbuild.mjs', '--production');
node('scripts/run-typescript.mjs', 'scripts/copy-corpora.ts', path.join(root, 'dist', 'corpora'));
try {
  const flags = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', archive];
  runCommand(process.execPath, [path.join(root, 'node_modules/@vscode/vsce/vsce'), 'package', ...flags], { cwd: root });
} finally {
  // A checkout finds the texts in node_modules; a second copy would only be searched and counted.
  rmSync(path.join(root, 'dist', 'corpora'), { recursive: true, force: true });
  node('esbuild.mjs');
}
console.log(
  `${archive}: ${(statSync(archive).size / 2 ** 20).toFixed(1)} MiB, with the native engine of ${process.platform}-${process.arch}`,
);
