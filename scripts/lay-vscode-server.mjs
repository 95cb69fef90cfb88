// Lays a real VS Code (web workbench and extension host) from the npm registry into .vscode-server/: what the
// integration suite, the journeys and `npm run vscode` run in where VS Code itself cannot be downloaded.
// The package code-server carries it under lib/vscode; its own wrapper and its native builds are not needed.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
/** The last version that runs on Node 20. */
const version = '4.100.3';
/** Its own ripgrep package downloads from GitHub after install; this one ships the program inside a platform package. */
const ripgrepVersion = '1.18.0';
const installFlags = ['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'];

/** Folder of the server; laid on the first call (a minute, 320 MB), found afterwards. */
export function layVscodeServer({ log = console.log } = {}) {
  const home = path.join(root, '.vscode-server');
  const target = path.join(home, `vscode-${version}`);
  if (existsSync(path.join(target, 'out', 'server-main.js'))) return target;
  log(`Laying VS Code's server (code-server ${version} from the npm registry) into .vscode-server/: about a minute.`);
  // Work aside and rename at the end: a run that is killed half-way never leaves a folder that looks complete.
  const work = path.join(home, `laying-${process.pid}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    runCommand('npm', ['pack', `code-server@${version}`, '--silent', '--pack-destination', work], {
      cwd: work,
      quiet: true,
    });
    const archive = readdirSync(work).find(name => name.endsWith('.tgz'));
    if (archive === undefined) throw new Error(`npm pack code-server@${version} left no archive in ${work}.`);
    runCommand('tar', ['xzf', archive, 'package/lib/vscode'], { cwd: work });
    const laid = path.join(work, 'package', 'lib', 'vscode');
    runCommand('npm', ['install', ...installFlags], { cwd: laid, quiet: true });
    runCommand('npm', ['install', ...installFlags], { cwd: path.join(laid, 'extensions'), quiet: true });
    layRipgrep(laid, path.join(work, 'ripgrep'));
    if (existsSync(target)) rmSync(target, { recursive: true, force: true });
    renameSync(laid, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return target;
}

/** File search (Quick Open, findFiles) needs `rg`. */
function layRipgrep(server, work) {
  const bin = path.join(server, 'node_modules', '@vscode', 'ripgrep', 'bin');
  if (existsSync(path.join(bin, 'rg'))) return;
  mkdirSync(work, { recursive: true });
  writeFileSync(path.join(work, 'package.json'), '{"private":true}');
  runCommand('npm', ['install', `@vscode/ripgrep@${ripgrepVersion}`, ...installFlags], { cwd: work, quiet: true });
  const scope = path.join(work, 'node_modules', '@vscode');
  const rg = readdirSync(scope)
    .map(name => path.join(scope, name, 'bin', 'rg'))
    .find(file => existsSync(file));
  if (rg === undefined)
    throw new Error(`@vscode/ripgrep@${ripgrepVersion} brought no rg for ${process.platform}-${process.arch}.`);
  mkdirSync(bin, { recursive: true });
  copyFileSync(rg, path.join(bin, 'rg'));
  chmodSync(path.join(bin, 'rg'), 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(layVscodeServer());
