// npm run package: supra-VERSION.vsix, with everything that runs and nothing that builds or tests. `--out=FILE` names another file.
// Put together in a folder of its own, so that the bundles of this checkout stay as they are while it is used.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const addon = 'native/build/Release/supra_native.node';
const node = (file, ...args) => runCommand(process.execPath, [path.join(root, file), ...args], { cwd: root });

node('scripts/setup.mjs');
const { devDependencies, dependencies, optionalDependencies, scripts, ...manifest } = JSON.parse(
  readFileSync(path.join(root, 'package.json'), 'utf8'),
);
const archive = path.resolve(
  process.argv.find(word => word.startsWith('--out='))?.slice('--out='.length) ??
    path.join(root, `supra-${manifest.version}.vsix`),
);
const stage = mkdtempSync(path.join(tmpdir(), 'supra-package-'));
try {
  for (const part of ['README.md', 'CHANGELOG.md', 'LICENSE', 'docs', 'examples', 'gallery', 'media', addon]) {
    if (part === addon && !existsSync(path.join(root, part))) continue;
    cpSync(path.join(root, part), path.join(stage, part), {
      recursive: true,
      filter: file => path.basename(file) !== '.supra',
    });
  }
  // What is bundled needs no dependency, and what is packed no script.
  writeFileSync(path.join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
  // vsce otherwise asks whether all these files are meant.
  writeFileSync(path.join(stage, '.vscodeignore'), '.vscodeignore\n');
  mkdirSync(path.join(stage, 'dist'));
  node('esbuild.mjs', '--production', '--quiet', `--out=${path.join(stage, 'dist')}`);
  node('scripts/run-typescript.mjs', 'scripts/copy-corpora.ts', path.join(stage, 'dist', 'corpora'));
  const flags = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', archive];
  runCommand(process.execPath, [path.join(root, 'node_modules/@vscode/vsce/vsce'), 'package', ...flags], {
    cwd: stage,
  });
} finally {
  rmSync(stage, { recursive: true, force: true });
}
const engine = existsSync(path.join(root, addon))
  ? `the native engine of ${process.platform}-${process.arch}`
  : 'the fallback engine alone: there is no compiler here';
console.log(`${archive}: ${(statSync(archive).size / 2 ** 20).toFixed(1)} MiB, with ${engine}`);
