// npm run demo: trains examples/supra-mini.supra for about a minute with a live curve, shows what it writes, and leaves an HTML report.
// Works from a bare clone: scripts/setup.mjs installs and builds what is missing.

import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const report = '.supra/supra-mini.html';

const runs = path.join(root, '.supra/runs');
const started = Date.now();

/** Runs node with the terminal of this process, so that the live view is live and Ctrl-C reaches it. */
async function node(...words) {
  // Ctrl-C is for the training, which ends cleanly; the demo goes on to the report of what there is.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const child = spawn(process.execPath, words, { cwd: root, stdio: 'inherit' });
  const code = await new Promise(resolve => child.once('close', resolve));
  process.off('SIGINT', ignore);
  if (code !== 0) process.exit(code ?? 1);
}

/** Tells when the first step of a run that is new was written; null when there was none. */
function watchFirstStep() {
  const known = new Set(listRuns());
  let firstStepMs = null;
  const timer = setInterval(() => {
    if (firstStepMs !== null || !listRuns().some(id => !known.has(id) && hasSteps(id))) return;
    firstStepMs = Date.now() - started;
  }, 100);
  return () => {
    clearInterval(timer);
    return firstStepMs;
  };
}

function listRuns() {
  try {
    return readdirSync(runs);
  } catch {
    return [];
  }
}

const hasSteps = id => (statSync(path.join(runs, id, 'metrics.jsonl'), { throwIfNoEntry: false })?.size ?? 0) > 0;

await node(path.join(root, 'scripts/setup.mjs'));
const supra = path.join(root, 'dist/cli.js');
const firstStep = watchFirstStep();
await node(supra, 'train', 'examples/supra-mini.supra');
const firstStepMs = firstStep();
if (firstStepMs !== null) console.log(`first step ${(firstStepMs / 1000).toFixed(1)} s after npm run demo began`);
console.log('\nWhat it writes now:\n');
await node(supra, 'sample', 'last', '--prompt', 'The whale', '--tokens', '120');
await node(supra, 'report', 'last', '--output', report);
console.log(`\nThe curves: ${path.join(root, report)}`);
console.log('Next: node dist/cli.js new my.supra, then check, cost and train it; npm run vscode opens the editor.');
