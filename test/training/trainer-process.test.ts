import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { TrainSpec } from '../../src/architecture/model';
import type { MetricRow } from '../../src/protocol/run-records';
import { trainerArguments } from '../../src/protocol/trainer';
import { listCheckpoints } from '../../src/runs/checkpoints';
import { readExpertLoad } from '../../src/runs/expert-load-file';
import { requestControl } from '../../src/runs/run-control';
import { runPaths } from '../../src/runs/run-folder';
import { readHistory } from '../../src/runs/run-history';
import { writeRunRecord } from '../../src/runs/run-record';
import { watchAs } from '../../src/runs/watchers';
import { nested } from '../support/specs';
import { tinyExperiment } from '../support/tiny-experiment';
import {
  bits,
  launch,
  newRun,
  recordOf,
  textWorkspace,
  trainerBundle,
  trainThroughKills,
  untilStep,
} from '../support/trainer-runs';
import { specOf } from '../support/written-specs';

// Real trainer processes on a model of nine thousand parameters: every test starts at least one.
beforeAll(() => {
  trainerBundle();
}, 60_000);

/** A workspace with some text and a new run. */
const workspace = (change: Partial<TrainSpec> = {}, spec = tinyExperiment({ source: 'text.txt', train: change })) =>
  newRun(textWorkspace(), spec);

const averaged: Partial<TrainSpec> = {
  optimizer: nested('optimizer.muon', { lr: 1e-2 }) as TrainSpec['optimizer'],
  ema: 0.9,
};

test.each([
  ['AdamW', {}],
  ['Muon and an average of the weights', averaged],
] as const)(
  'with %s, 60 steps in a piece are the same bits as 30 and a resume, and as kills at any moment',
  async (_, change) => {
    const straight = workspace(change);
    const whole = launch(straight);
    expect(await whole.trainer.exited).toMatchObject({ code: 0, ended: { status: 'completed' } });
    const expected = bits(await readHistory(straight.folder));
    expect(expected.steps).toHaveLength(60);
    expect(expected.evals.map(row => row.step)).toEqual([20, 40, 60]);
    expect(expected.samples.map(row => row.step)).toEqual([30, 60]);
    expect(recordOf(straight.folder)).toMatchObject({ status: 'completed', stepsDone: 60, best: { step: 60 } });
    expect(expected.steps.at(-1)?.loss).toBeLessThan((expected.steps[0]?.loss ?? 0) * 0.7);

    const halves = workspace(change);
    const first = launch(halves);
    await untilStep(halves.folder, 25);
    requestControl(halves.folder, 'stop');
    expect(await first.trainer.exited).toMatchObject({ code: 0, ended: { status: 'stopped' } });
    const stopped = recordOf(halves.folder);
    expect(stopped.status).toBe('stopped');
    expect(stopped.stepsDone).toBeGreaterThanOrEqual(25);
    expect(listCheckpoints(halves.folder)[0]?.step).toBe(stopped.stepsDone);
    expect((await launch(halves, 'resume').trainer.exited).code).toBe(0);
    expect(bits(await readHistory(halves.folder))).toEqual(expected);
    expect(weightsOf(halves.folder)).toEqual(weightsOf(straight.folder));

    const killed = workspace(change);
    await trainThroughKills(killed);
    expect(bits(await readHistory(killed.folder))).toEqual(expected);
    expect(weightsOf(killed.folder)).toEqual(weightsOf(straight.folder));
    expect(Object.keys(weightsOf(killed.folder))).toEqual([
      ...('ema' in change ? ['ema.safetensors'] : []),
      'model.safetensors',
      'optimizer.safetensors',
    ]);
  },
  180_000,
);

/** The bytes of every file of tensors in the last checkpoint. */
function weightsOf(folder: string): Readonly<Record<string, string>> {
  const path = listCheckpoints(folder)[0]?.path ?? '';
  const files = readdirSync(path).filter(name => name.endsWith('.safetensors'));
  return Object.fromEntries(
    files.sort().map(name => [
      name,
      createHash('sha256')
        .update(readFileSync(join(path, name)))
        .digest('hex'),
    ]),
  );
}

test('a run whose folder is deleted ends in words, and does not come back', async () => {
  const deleted = workspace({ steps: 100_000, checkpointEvery: 1000 });
  const { trainer } = launch(deleted);
  const watching = watchAs(deleted.folder, 'window');
  watching.beat();
  await untilStep(deleted.folder, 25);
  rmSync(deleted.folder, { recursive: true, maxRetries: 3 });
  watching.beat();
  const { code, ended } = await trainer.exited;
  expect(code).toBe(1);
  expect(ended).toMatchObject({ status: 'failed' });
  expect(ended?.reason).toContain('deleted or moved while it trained');
  expect(existsSync(deleted.folder)).toBe(false);
});

test('the load of experts is on disk through kills, and its imbalance is the same bits as without', async () => {
  const model = specOf(`model mixed {
    vocab = 257  context = 16  hidden = 16
    layer block {
      norm rms
      attention gqa { heads = 2 }
      ffn moe { experts = 4  top_k = 2  width = 16  router sigmoid { bias_update = 0.01 } }
    }
    layers = block * 2
    mtp = block
  }`);
  const mixture = () => workspace({}, tinyExperiment({ source: 'text.txt', model, train: { steps: 80 } }));
  const straight = mixture();
  expect((await launch(straight).trainer.exited).code).toBe(0);
  const expected = bits(await readHistory(straight.folder));
  expect(expected.steps).toHaveLength(80);
  // 1 is even; with two of four chosen, all tokens at the same two would be 2.
  for (const { expertImbalance = 0 } of expected.steps) expect(expertImbalance).toBeGreaterThanOrEqual(1);
  for (const { expertImbalance = 9 } of expected.steps) expect(expertImbalance).toBeLessThanOrEqual(2);
  const load = readExpertLoad(runPaths(straight.folder).experts);
  expect(load).toMatchObject({ firstStep: 31, lastStep: 80 });
  expect(load?.layers.map(({ path }) => path)).toEqual(['layers.0.ffn', 'layers.1.ffn', 'mtp.0.ffn']);
  // 50 steps of 4 sequences of 16 tokens, each with two experts.
  const [first] = load?.layers ?? [];
  expect(first?.tokens).toHaveLength(4);
  expect(first?.tokens.reduce((sum, count) => sum + count, 0)).toBe(50 * 4 * 16 * 2);

  const killed = mixture();
  for (const at of [15, 40]) {
    const { trainer } = launch(killed, at === 15 ? 'start' : 'resume');
    await untilStep(killed.folder, at);
    trainer.kill();
    await trainer.exited;
    expect(readExpertLoad(runPaths(killed.folder).experts)).not.toBeNull();
  }
  const { trainer } = launch(killed, 'resume');
  expect((await trainer.exited).code).toBe(0);
  expect(bits(await readHistory(killed.folder))).toEqual(expected);
  const after = readExpertLoad(runPaths(killed.folder).experts);
  expect(after?.lastStep).toBe(80);
  // Counted anew since the resume, unless that was 50 steps ago.
  expect(after?.firstStep).toBeGreaterThanOrEqual(31);
}, 60_000);

test('pause waits, a second trainer is refused, an interrupt stops with a checkpoint', async () => {
  const run = workspace({ steps: 100_000, sampleEvery: 100_000, evalEvery: 100_000, checkpointEvery: 100_000 });
  const { trainer } = launch(run);
  await untilStep(run.folder, 5);
  requestControl(run.folder, 'pause');
  await expect.poll(() => recordOf(run.folder).status, { timeout: 10_000 }).toBe('paused');
  const paused = (await readHistory(run.folder)).steps.length;
  expect(listCheckpoints(run.folder)[0]?.step).toBe(paused);
  expect(() => launch(run, 'resume')).toThrow('being trained already');
  await new Promise(resolve => setTimeout(resolve, 200));
  expect((await readHistory(run.folder)).steps).toHaveLength(paused);
  requestControl(run.folder, 'resume');
  await untilStep(run.folder, paused + 5);
  expect(recordOf(run.folder).status).toBe('running');
  trainer.interrupt();
  expect(await trainer.exited).toMatchObject({ code: 0, ended: { status: 'stopped' } });
  const { stepsDone, reason } = recordOf(run.folder);
  expect(reason).toContain('Stopped by SIGINT');
  expect(listCheckpoints(run.folder)[0]?.step).toBe(stepsDone);
}, 40_000);

test('a trainer refuses by itself, too, when another one holds the run', async () => {
  const run = workspace({ steps: 100_000, sampleEvery: 100_000, evalEvery: 100_000 });
  const { trainer } = launch(run);
  await untilStep(run.folder, 2);
  const args = trainerArguments({ runFolder: run.folder, root: run.root, mode: 'start', company: 'unattended' });
  // Past the check of `launchTrainer`, as when two windows start at the same moment.
  const second = spawnSync(process.execPath, [trainerBundle(), ...args], { encoding: 'utf8' });
  expect(second).toMatchObject({ status: 3, stderr: expect.stringContaining('being trained already') });
  const before = (await readHistory(run.folder)).steps.length;
  await untilStep(run.folder, before + 5);
  expect(recordOf(run.folder).status).toBe('running');
  trainer.kill();
  await trainer.exited;
}, 40_000);

test('a run whose window closed goes on while a host watches, and stops with a checkpoint when none does', async () => {
  const run = workspace({ steps: 1_000_000, sampleEvery: 1_000_000, evalEvery: 1_000_000 });
  const { trainer } = launch(run, 'start', { SUPRA_GRACE_MS: '1500' });
  await untilStep(run.folder, 3);
  const watcher = watchAs(run.folder, 'window-2');
  watcher.beat();
  trainer.letGo();
  for (let beat = 0; beat < 10; beat++) {
    await new Promise(resolve => setTimeout(resolve, 250));
    watcher.beat();
  }
  expect(recordOf(run.folder).status).toBe('running');
  watcher.leave();
  await expect.poll(() => recordOf(run.folder).status, { timeout: 15_000 }).toBe('stopped');
  const { stepsDone, reason } = recordOf(run.folder);
  expect(reason).toContain('its window was closed');
  expect(listCheckpoints(run.folder)[0]?.step).toBe(stepsDone);
}, 40_000);

test('a full disk ends the run in words and leaves the checkpoints whole', async () => {
  const run = workspace({ steps: 1000, checkpointEvery: 5 });
  symlinkSync('/dev/full', runPaths(run.folder).metrics);
  const { trainer } = launch(run);
  expect(await trainer.exited).toMatchObject({
    code: 1,
    ended: { status: 'failed', reason: expect.stringContaining('The disk is full. Free some space') },
  });
  expect(recordOf(run.folder)).toMatchObject({ status: 'failed', reason: expect.stringContaining('disk is full') });
  // Space again: the failed run goes on.
  rmSync(runPaths(run.folder).metrics);
  writeRunRecord(run.folder, {
    ...recordOf(run.folder),
    spec: tinyExperiment({ source: 'text.txt', train: { steps: 8 } }),
  });
  expect((await launch(run, 'resume').trainer.exited).code).toBe(0);
}, 40_000);

test('a damaged newest checkpoint is set aside and the one before it is taken', async () => {
  const run = workspace({ steps: 30 });
  const { trainer } = launch(run);
  await untilStep(run.folder, 22);
  trainer.kill();
  await trainer.exited;
  const [newest, before] = listCheckpoints(run.folder);
  if (newest === undefined || before === undefined) throw new Error('Expected two checkpoints.');
  const file = join(newest.path, 'model.safetensors');
  writeFileSync(file, readFileSync(file).subarray(0, 5000));
  expect((await launch(run, 'resume').trainer.exited).code).toBe(0);
  expect((await readHistory(run.folder)).steps).toHaveLength(30);
  expect(readFileSync(runPaths(run.folder).log, 'utf8')).toContain(`step ${newest.step} cannot be used`);
}, 40_000);

test('a vocabulary larger than the tokenizer needs is no reason to fail while it writes nonsense', async () => {
  const spec = tinyExperiment({
    source: 'text.txt',
    model: { vocab: 5000 },
    train: { steps: 2, sampleEvery: 1, sampleTokens: 40, temperature: 5 },
  });
  const run = workspace({}, spec);
  expect((await launch(run).trainer.exited).code).toBe(0);
  expect((await readHistory(run.folder)).samples).toHaveLength(2);
}, 30_000);

test.each([
  ['a vocabulary that is too small', { model: { vocab: 200 } }, /tokenizer makes 25\d different tokens.*vocab of 200/],
  ['data that is not there', { source: 'nothing/*.txt' }, /nothing/],
  [
    'a learning rate that explodes',
    { train: { clip: null, steps: 400, optimizer: sgdLike() } },
    /Try a lower learning rate/,
  ],
] as const)(
  '%s fails in words',
  async (_, change, reason) => {
    const spec = tinyExperiment({ source: 'text.txt', ...change });
    const run = workspace({}, spec);
    const exit = await launch(run).trainer.exited;
    expect(exit).toMatchObject({ code: 1, ended: { status: 'failed', reason: expect.stringMatching(reason) } });
    const rows: readonly MetricRow[] = (await readHistory(run.folder)).steps;
    expect(rows.every(row => Number.isFinite(row.loss))).toBe(true);
  },
  30_000,
);

/** A rate so high that the weights overflow. */
function sgdLike(): TrainSpec['optimizer'] {
  return { id: 'optimizer.adamw', config: { lr: 1e18, betas: [0.9, 0.95], epsilon: 1e-8, weight_decay: 0.1 } };
}
