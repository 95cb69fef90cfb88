// npm run demo: trains examples/supra-mini.supra for about a minute with a live curve, shows what it writes, and leaves an HTML report.
// Works from a bare clone: scripts/setup.mjs installs and builds what is missing.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const report = '.supra/supra-mini.html';

/** Runs node with the terminal of this process, so that the live view is live and Ctrl-C reaches it. */
function node(...words) {
  // Ctrl-C is for the training, which ends cleanly; the demo goes on to the report of what there is.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' });
  process.off('SIGINT', ignore);
  if (status !== 0) process.exit(status ?? 1);
}

const setup = path.join(root, 'scripts/setup.mjs');
if (existsSync(setup)) node(setup);
const supra = path.join(root, 'dist/cli.js');
node(supra, 'train', 'examples/supra-mini.supra');
console.log('\nWhat it writes now:\n');
node(supra, 'sample', 'last', '--prompt', 'The whale', '--tokens', '120');
node(supra, 'report', 'last', '--output', report);
console.log(`\nThe curves: ${path.join(root, report)}`);
console.log('Next: node dist/cli.js new my.supra, then check, cost and train it; npm run vscode opens the editor.');
