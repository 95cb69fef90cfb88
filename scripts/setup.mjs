// Makes a checkout ready: what the machine lacks, npm packages, the native engine, the bundles. Does again only what is
// out of date. `--browser` also wants Chromium, for the tests and for npm run vscode.
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Programs that Supra cannot do without, or not well, with the Debian package of each. */
const compiler = [
  ['python3', 'python3', 'node-gyp, which builds the native engine, needs it'],
  ['make', 'make', 'node-gyp, which builds the native engine, needs it'],
  ['g++', 'g++', 'it compiles the native engine'],
];
const browser = [['chromium', 'chromium', 'the tests drive a real VS Code in it']];

setup({ withBrowser: process.argv.includes('--browser') });

function setup({ withBrowser }) {
  expectNode();
  installPrograms(withBrowser && process.env.CHROMIUM === undefined ? [...compiler, ...browser] : compiler);
  installPackages();
  buildNative();
  runCommand(process.execPath, [path.join(root, 'esbuild.mjs'), '--quiet'], { cwd: root });
}

function expectNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) stop(`Supra needs Node 20 or newer; this is ${process.versions.node}.`);
}

/** As root on Debian what is missing is installed; elsewhere the user is told, and only the browser is a must. */
function installPrograms(programs) {
  const missing = programs.filter(([program]) => !isOnPath(program));
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  const isRoot = process.getuid?.() === 0;
  if (isRoot && isOnPath('apt-get')) {
    say(`Installing ${packages.join(', ')} with apt-get`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const quiet = { env, quiet: true, allowFailure: true };
    runCommand('apt-get', ['update'], quiet);
    const { ok, stdout } = runCommand('apt-get', ['install', '-y', '--no-install-recommends', ...packages], quiet);
    if (!ok) say(`apt-get could not install them:\n${stdout.split('\n').slice(-5).join('\n')}`);
  }
  for (const [program, name, why] of missing.filter(([program]) => !isOnPath(program))) {
    const advice = `${program} is missing: ${why}. Install it (Debian: sudo apt-get install ${name}).`;
    if (program === 'chromium') stop(`${advice} Or name a Chromium in the variable CHROMIUM.`);
    say(`${advice} Without it training works on the slow fallback engine.`);
  }
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(path.delimiter).some(folder => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** npm ci, when the lock file is not the one that node_modules was made from. */
function installPackages() {
  const wanted = hashOf([path.join(root, 'package-lock.json')]);
  const stamp = path.join(root, 'node_modules', '.supra-lock');
  if (readStamp(stamp) === wanted) return;
  say('Installing npm packages');
  const { ok } = runCommand('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    allowFailure: true,
  });
  if (!ok) stop('npm ci failed; its message is above.');
  writeFileSync(stamp, wanted);
}

/** The native engine, when its sources or Node changed. Without a compiler its own script says what is missing. */
function buildNative() {
  const sources = ['native/source', 'native/build.mjs', 'native/binding.gyp'].flatMap(filesBelow);
  const wanted = `${hashOf(sources)} ${process.version} ${process.arch}`;
  const addon = path.join(root, 'native/build/Release/supra_native.node');
  const stamp = path.join(root, 'native/build/.supra-sources');
  if (existsSync(addon) && readStamp(stamp) === wanted) return;
  say('Building the native engine');
  // A stale engine is worse than none: it would be used.
  rmSync(addon, { force: true });
  runCommand(process.execPath, [path.join(root, 'native/build.mjs')], { cwd: root });
  if (existsSync(addon)) {
    mkdirSync(path.dirname(stamp), { recursive: true });
    writeFileSync(stamp, wanted);
  }
}

function filesBelow(relative) {
  const file = path.join(root, relative);
  if (relative.includes('.')) return [file];
  return readdirSync(file, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name))
    .sort();
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(path.relative(root, file)).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function say(text) {
  console.log(`supra: ${text}`);
}

function stop(text) {
  console.error(`supra: ${text}`);
  process.exit(1);
}
