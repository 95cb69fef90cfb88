/**
 * Training speed, peer beside peer: our engine and PyTorch make the same steps in turns, in one run, on one machine.
 * Absolute times mean nothing elsewhere; the ratios are the result. Prints a table and writes bench/results/train.json
 * and train.md.
 *
 * usage: npm run bench -- [--shapes 12x128,3x256] [--peers native-fp32,torch-compile-fp32] [--steps 7] [--threads 2] [--budget 20]
 *   [--keep] [--document]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commitOf, machineAndDay, writeBetweenMarks } from './document';
import { measureShape, type ShapeResult } from './measure';
import { kindOf, peerKinds, usualPeers } from './peers';
import { markdownTable, textTable } from './report';
import { shapeOf, shapes } from './shapes';

const help = `npm run bench -- [options]

  --shapes LIST    of ${Object.keys(shapes).join(', ')}; all but tiny when left out
  --peers LIST     of ${Object.keys(peerKinds).join(', ')}; all but tfjs-node when left out
  --steps N        turns of every peer (7)
  --threads N      threads of every peer (all cores)
  --keep           keep what earlier runs found of other shapes
  --document       write the table into docs/performance.md
  --budget S       a peer whose warm step takes longer makes no turns (20)
`;

async function main(): Promise<void> {
  const root = join(__dirname, '..', '..');
  const { values } = parseArgs({
    options: {
      shapes: { type: 'string' },
      peers: { type: 'string', default: usualPeers.join(',') },
      steps: { type: 'string', default: '7' },
      threads: { type: 'string', default: String(cpus().length) },
      budget: { type: 'string', default: '20' },
      keep: { type: 'boolean', default: false },
      document: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const names = values.shapes?.split(',') ?? Object.keys(shapes).filter(name => name !== 'tiny');
  const peers = values.peers.split(',');
  // Mistakes in names show before anything has run.
  for (const peer of peers) kindOf(peer);
  for (const name of names) shapeOf(name);

  // Peers run in groups of their own, which a signal to this process does not reach; its end does.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const began = performance.now();
  const onProgress = (line: string) =>
    process.stderr.write(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
  const results: ShapeResult[] = values.keep ? earlier(root).filter(({ shape }) => !names.includes(shape)) : [];
  for (const shapeName of names) {
    results.push(
      await measureShape({
        root,
        shapeName,
        shape: shapeOf(shapeName),
        peers,
        threads: Number(values.threads),
        turns: Number(values.steps),
        budgetMs: 1000 * Number(values.budget),
        onProgress,
      }),
    );
    // After every shape, so that a run that is stopped has not run in vain.
    save(root, Number(values.threads), results);
  }
  console.log(textTable(results));
  if (values.document) {
    const text = `${machineAndDay(root)}\n\n${markdownTable(results)}`;
    writeBetweenMarks(join(root, 'docs/performance.md'), 'bench', text);
  }
}

const resultsFile = (root: string): string => join(root, 'bench/results/train.json');

function earlier(root: string): ShapeResult[] {
  return (JSON.parse(readFileSync(resultsFile(root), 'utf8')) as { readonly results: ShapeResult[] }).results;
}

function save(root: string, threads: number, results: readonly ShapeResult[]): void {
  const folder = join(root, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, threads };
  const when = { date: new Date().toISOString(), commit: commitOf(root) };
  writeFileSync(resultsFile(root), `${JSON.stringify({ ...when, machine, shapes, results }, null, 1)}\n`);
  writeFileSync(join(folder, 'train.md'), `${markdownTable(results)}\n`);
}

void main();
