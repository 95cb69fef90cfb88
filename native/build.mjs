// Builds the native backend: node native/build.mjs. Without a compiler it says what is missing and ends well, because
// everything also runs (slower) on the fallback backend; --required makes that an error. Nothing is done when the last
// build is of these sources; --force builds anyway.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const required = process.argv.includes('--required');

/** Whether a command runs and ends with 0. */
const runs = (command, args, input) => spawnSync(command, args, { input, stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;

function giveUp(problem, advice) {
  console.log(`supra: the native engine was not built: ${problem}.\n  ${advice}\n  Until then the fallback engine is used: everything works, but training is slow.`);
  process.exit(required ? 1 : 0);
}

// A rebuild takes the addon away for a while from whoever is about to load it, so it happens only when it must.
const addon = join(folder, 'build/Release/supra_native.node');
const stampFile = join(folder, 'build/stamp');
const stamp = stampOfSources();
if (!process.argv.includes('--force') && existsSync(addon) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
  console.log('supra: the native engine is up to date');
  process.exit(0);
}

/** A hash of all that the addon is made from. */
function stampOfSources() {
  const hash = createHash('sha256').update(`${process.arch} ${process.platform} ${process.env.CXX ?? ''}`);
  for (const part of ['.', 'source', 'source/kernels']) {
    for (const file of readdirSync(join(folder, part)).sort()) {
      if (/\.(cc|h|gyp|mjs)$/.test(file)) hash.update(file).update(readFileSync(join(folder, part, file)));
    }
  }
  return hash.digest('hex');
}

if (process.platform === 'win32') giveUp('its kernels need GCC or Clang, and node-gyp uses MSVC here', 'Use WSL for fast training.');
const compiler = process.env.CXX || (runs('g++', ['--version']) ? 'g++' : 'c++');
if (!runs(compiler, ['--version'])) giveUp('there is no C++ compiler', 'Install one (Debian: apt install g++ make python3; macOS: xcode-select --install).');
if (!runs('make', ['--version'])) giveUp('make is missing', 'Install it (Debian: apt install make).');
const python = process.env.PYTHON || 'python3';
if (!runs(python, ['--version'])) giveUp('python3, which node-gyp needs, is missing', 'Install it (Debian: apt install python3).');

let gyp;
try {
  gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
} catch {
  giveUp('node-gyp is missing', 'Run npm install.');
}

const program = 'int main(){}';
const understands = flags => runs(compiler, [...flags, '-x', 'c++', '-', '-fsyntax-only'], program);
const avx512 = process.arch === 'x64' && understands(['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl']);
const avx512bf16 = avx512 && understands(['-mavx512f', '-mavx512bf16']);

// Headers next to this Node spare node-gyp its download.
const prefixes = [dirname(dirname(process.execPath)), '/usr', '/usr/local'];
const nodedir = prefixes.find(prefix => existsSync(join(prefix, 'include/node/node_api.h')));

const args = [
  gyp,
  'rebuild',
  `--directory=${folder}`,
  '--silent',
  ...(nodedir ? [`--nodedir=${nodedir}`] : []),
  '--',
  `-Dsupra_avx512=${avx512 ? 1 : 0}`,
  `-Dsupra_avx512bf16=${avx512bf16 ? 1 : 0}`,
];
const started = Date.now();
const result = spawnSync(process.execPath, args, {
  encoding: 'utf8',
  env: { ...process.env, JOBS: process.env.JOBS ?? 'max', PYTHON: python },
});
if (result.status !== 0) {
  const tail = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-25).join('\n');
  giveUp(`the compiler stopped:\n${tail}`, nodedir ? 'Please report this.' : 'Node headers could not be found or downloaded.');
}
writeFileSync(stampFile, stamp);
console.log(`supra: native engine built in ${((Date.now() - started) / 1000).toFixed(0)} s (${addon})`);
