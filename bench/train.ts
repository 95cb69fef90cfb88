/**
 * Training speed, peer beside peer: Supra's engines and PyTorch make the same steps in turns, in one run, on one machine.
 * Absolute times mean nothing elsewhere; the ratios are the result. Prints a table, writes bench/results/train.json.
 *
 * usage: npm run bench -- [--shapes 12x128,6x192,3x256,mini] [--steps 7] [--no-compile] [--threads 2]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Peer, type Step, startPeer } from './peer';
import { torchPython } from './torch-python';

interface Shape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly vocab: number;
}

/** The founding study, and the model of the demo. */
const shapes: Readonly<Record<string, Shape>> = {
  '12x128': { layers: 12, hidden: 128, heads: 8, vocab: 8192 },
  '6x192': { layers: 6, hidden: 192, heads: 8, vocab: 8192 },
  '3x256': { layers: 3, hidden: 256, heads: 8, vocab: 8192 },
  mini: { layers: 3, hidden: 96, heads: 3, vocab: 1024 },
};
const batch = 16;
const context = 256;
const warmupSteps = 2;

interface Measured {
  readonly shape: string;
  readonly peer: string;
  readonly tokensPerSecond: number;
  readonly stepMs: readonly number[];
  readonly memoryBytes: number;
}

async function main(): Promise<void> {
  const root = join(__dirname, '..', '..');
  const { values } = parseArgs({
    options: {
      shapes: { type: 'string', default: Object.keys(shapes).join(',') },
      steps: { type: 'string', default: '7' },
      threads: { type: 'string', default: String(cpus().length) },
      'no-compile': { type: 'boolean', default: false },
    },
  });
  const torch = torchPython(root);
  if (typeof torch !== 'string') process.stderr.write(`${torch.reason}\n`);
  const results: Measured[] = [];
  for (const name of values.shapes.split(',')) {
    const shape = shapes[name];
    if (shape === undefined) throw new Error(`Unknown shape ${name}: expected ${Object.keys(shapes).join(', ')}.`);
    const peers = await startAll(root, shape, torch, values.threads, values['no-compile']);
    results.push(...(await takeTurns(name, peers, Number(values.steps))));
    for (const peer of peers) peer.stop();
    print(results.filter(result => result.shape === name));
  }
  const folder = join(root, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, threads: values.threads };
  writeFileSync(join(folder, 'train.json'), `${JSON.stringify({ machine, batch, context, results }, null, 1)}\n`);
}

async function startAll(
  root: string,
  { layers, hidden, heads, vocab }: Shape,
  torch: string | { reason: string },
  threads: string,
  noCompile: boolean,
): Promise<readonly Peer[]> {
  const supra = (backend: string, precision: string) =>
    startPeer(
      `supra ${backend} ${precision}`,
      process.execPath,
      [
        join(root, 'dist/bench/supra-peer.js'),
        ...[layers, hidden, heads, batch, context, vocab].map(String),
        backend,
        precision,
      ],
      { SUPRA_THREADS: threads },
    );
  const pytorch = (mode: string, precision: string) =>
    typeof torch !== 'string'
      ? torch.reason
      : startPeer(
          `torch ${mode} ${precision}`,
          torch,
          [
            join(root, 'bench/torch-peer.py'),
            ...[layers, hidden, heads, batch, context, vocab, threads].map(String),
            mode,
            precision,
            '1000000',
          ],
          {},
        );
  const started = [
    await supra('native', 'fp32'),
    await supra('native', 'bf16'),
    ...(process.env.SUPRA_TFJS_NODE === undefined ? [] : [await supra('tensorflow', 'fp32')]),
    await pytorch('eager', 'fp32'),
    await pytorch('eager', 'bf16'),
    ...(noCompile ? [] : [await pytorch('compile', 'fp32'), await pytorch('compile', 'bf16')]),
  ];
  for (const reason of new Set(started.filter(peer => typeof peer === 'string'))) process.stderr.write(`${reason}\n`);
  return started.filter(peer => typeof peer !== 'string');
}

async function takeTurns(shape: string, peers: readonly Peer[], steps: number): Promise<readonly Measured[]> {
  const measured = new Map<string, Step[]>();
  for (let turn = 0; turn < warmupSteps + steps; turn++) {
    for (const peer of peers) {
      const step = await peer.step();
      if (turn >= warmupSteps) measured.set(peer.name, [...(measured.get(peer.name) ?? []), step]);
    }
  }
  return [...measured].map(([peer, made]) => {
    const stepMs = made.map(step => step.stepMs).sort((a, b) => a - b);
    const median = stepMs[Math.floor(stepMs.length / 2)] ?? Number.NaN;
    return {
      shape,
      peer,
      stepMs,
      tokensPerSecond: (batch * context * 1000) / median,
      memoryBytes: Math.max(...made.map(step => step.memoryBytes)),
    };
  });
}

function print(results: readonly Measured[]): void {
  const rateOf = (peer: string) => results.find(result => result.peer === peer)?.tokensPerSecond;
  console.log(`\n${results[0]?.shape}: batch ${batch}, context ${context}`);
  console.log(
    `${'peer'.padEnd(24)}${'tokens/s'.padStart(10)}${'steps/s'.padStart(10)}${'spread'.padStart(10)}${'MiB'.padStart(8)}   vs torch.compile`,
  );
  for (const { peer, tokensPerSecond, stepMs, memoryBytes } of results) {
    const bar = rateOf(`torch compile ${peer.endsWith('bf16') ? 'bf16' : 'fp32'}`);
    const spread = ((stepMs.at(-1) ?? 0) - (stepMs[0] ?? 0)) / (stepMs[Math.floor(stepMs.length / 2)] ?? 1);
    console.log(
      `${peer.padEnd(24)}${tokensPerSecond.toFixed(0).padStart(10)}${(tokensPerSecond / batch / context).toFixed(2).padStart(10)}${`${(spread * 100).toFixed(0)}%`.padStart(10)}${(memoryBytes / 2 ** 20).toFixed(0).padStart(8)}   ${bar === undefined ? '' : (tokensPerSecond / bar).toFixed(2)}`,
    );
  }
}

void main();
