// npm test: installs what is missing, builds, and runs every test there is. The last line sums up; any failure ends in 1.
// `npm test -- unit journeys` runs only these parts.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const results = path.join(root, 'test-results');
const bin = name => path.join(root, 'node_modules', '.bin', name);
const vitest = (name, ...args) => ({
  command: bin('vitest'),
  args: [
    'run',
    ...args,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${path.join(results, `${name}.json`)}`,
  ],
  count: () => countVitest(path.join(results, `${name}.json`)),
});
const script = (file, ...args) => ({ command: process.execPath, args: [path.join(root, file), ...args] });

/** Every part in order. A part without `count` is one test: its exit code. */
const parts = {
  types: { command: bin('tsc'), args: ['-p', root] },
  lint: { command: bin('biome'), args: ['check', '--reporter=summary'] },
  unit: vitest('unit'),
  panels: script('test/e2e/pages/run.mjs'),
  integration: { ...script('scripts/run-integration.mjs'), count: countMocha },
  journeys: vitest('journeys', '--config', 'vitest.e2e.config.mts'),
};

const setup = await run(script('scripts/setup.mjs', '--browser'));
if (setup.code !== 0) process.exit(1);
mkdirSync(results, { recursive: true });
const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !(name in parts));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}: the parts are ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}

const summary = [];
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n== ${name} ==`);
  const started = Date.now();
  rmSync(path.join(results, `${name}.json`), { force: true });
  const { code, output } = await run(part);
  const counted = part.count?.(output) ?? { passed: 0, failed: 0 };
  // A part that ends badly without naming a test has failed all the same.
  const passed = part.count === undefined ? Number(code === 0) : counted.passed;
  const failed = code === 0 ? counted.failed : Math.max(1, counted.failed);
  summary.push({ name, passed, failed, seconds: Math.round((Date.now() - started) / 1000) });
}

console.log('');
for (const { name, passed, failed, seconds } of summary) {
  console.log(
    `${failed === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${String(seconds).padStart(5)} s`,
  );
}
const sum = key => summary.reduce((total, part) => total + part[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;

/** Runs a program, shows what it prints, and keeps it. */
function run({ command, args }) {
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = to => data => {
      output += data;
      to.write(data);
    };
    child.stdout.on('data', take(process.stdout));
    child.stderr.on('data', take(process.stderr));
    child.on('error', error => resolve({ code: 1, output: String(error) }));
    child.on('close', code => resolve({ code, output: stripVTControlCharacters(output) }));
  });
}

function countVitest(file) {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(file, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

function countMocha(output) {
  const number = word => Number(new RegExp(`(\\d+) ${word}`).exec(output)?.[1] ?? 0);
  return { passed: number('passing'), failed: number('failing') };
}
