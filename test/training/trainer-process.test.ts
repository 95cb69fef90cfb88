import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { TrainSpec } from '../../src/architecture/model';
import { createRandom } from '../../src/base/random';
import type { MetricRow } from '../../src/protocol/run-records';
import { type TrainerMessage, trainerArguments } from '../../src/protocol/trainer';
import { listCheckpoints } from '../../src/runs/checkpoints';
import { createRun } from '../../src/runs/create-run';
import { requestControl } from '../../src/runs/run-control';
import { runPaths } from '../../src/runs/run-folder';
import { type RunHistory, readHistory } from '../../src/runs/run-history';
import { readRunRecord, writeRunRecord } from '../../src/runs/run-record';
import { openRun } from '../../src/runs/run-store';
import { watchAs } from '../../src/runs/watchers';
import { explainExit, launchTrainer, type Trainer } from '../../src/training/client';
import { buildOnce } from '../support/build';
import { tempFolder } from '../support/temp-folder';
import { tinyExperiment } from '../support/tiny-experiment';

// Real trainer processes on a model of nine thousand parameters: every test starts at least one.
let trainerPath = '';
beforeAll(() => {
  trainerPath = join(buildOnce('trainer'), 'trainer.js');
}, 60_000);

/** A workspace with some text and a new run. */
function workspace(change: Partial<TrainSpec> = {}, spec = tinyExperiment({ source: 'text.txt', train: change })) {
  const root = tempFolder();
  const random = createRandom('text');
  const words = ['whale', 'ship', 'sea', 'the', 'and', 'of', 'a', 'harpoon', 'captain', 'white'];
  const text = Array.from({ length: 3000 }, () => words[random.below(words.length)]).join(' ');
  writeFileSync(join(root, 'text.txt'), text);
  const { folder } = createRun(root, { spec, source: '', file: 'model.supra', supraVersion: '0' });
  return { root, folder };
}

interface Launched {
  readonly trainer: Trainer;
  readonly messages: TrainerMessage[];
}

function launch(
  { root, folder }: { root: string; folder: string },
  mode: 'start' | 'resume' = 'start',
  env: Record<string, string> = {},
): Launched {
  const messages: TrainerMessage[] = [];
  const trainer = launchTrainer({
    trainerPath,
    runFolder: folder,
    root,
    mode,
    env,
    onMessage: message => messages.push(message),
  });
  return { trainer, messages };
}

const recordOf = (folder: string) => {
  const { value, problem } = readRunRecord(folder);
  if (value === null) throw new Error(problem);
  return value;
};

async function untilStep(folder: string, step: number): Promise<void> {
  await expect
    .poll(async () => (await readHistory(folder)).steps.at(-1)?.step ?? 0, { timeout: 20_000, interval: 5 })
    .toBeGreaterThanOrEqual(step);
}

/** What must not depend on interruptions: everything but times and memory. */
const bits = ({ steps, evals, samples }: RunHistory) => ({
  steps: steps.map(({ step, tokens, flops, loss, learningRate, gradientNorm }) => ({
    ...{ step, tokens, flops, loss, learningRate, gradientNorm },
  })),
  evals: evals.map(({ step, loss, bitsPerByte, evalTokens }) => ({ step, loss, bitsPerByte, evalTokens })),
  samples,
});

test('60 steps in a piece are the same bits as 30 and a resume, and as kills at any moment', async () => {
  const straight = workspace();
  const whole = launch(straight);
  expect(await whole.trainer.exited).toMatchObject({ code: 0, ended: { status: 'completed' } });
  const expected = bits(await readHistory(straight.folder));
  expect(expected.steps).toHaveLength(60);
  expect(expected.evals.map(row => row.step)).toEqual([20, 40, 60]);
  expect(expected.samples.map(row => row.step)).toEqual([30, 60]);
  expect(recordOf(straight.folder)).toMatchObject({ status: 'completed', stepsDone: 60, best: { step: 60 } });
  expect(expected.steps.at(-1)?.loss).toBeLessThan((expected.steps[0]?.loss ?? 0) * 0.7);

  const halves = workspace();
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

  const random = createRandom(`kills ${Date.now()}`);
  const killed = workspace();
  let mode: 'start' | 'resume' = 'start';
  for (let kill = 0; kill < 3; kill++) {
    const { trainer } = launch(killed, mode);
    mode = 'resume';
    const from = (await readHistory(killed.folder)).steps.length;
    await untilStep(killed.folder, Math.min(59, from + 1 + random.below(20)));
    await new Promise(resolve => setTimeout(resolve, random.below(12)));
    const seen = readFileSync(runPaths(killed.folder).metrics, 'utf8');
    trainer.kill();
    const exit = await trainer.exited;
    // What was recorded stays, to the byte.
    expect(readFileSync(runPaths(killed.folder).metrics, 'utf8').startsWith(seen)).toBe(true);
    if (exit.code === 0) break; // The end came before the kill.
    expect(openRun(killed.root, recordOf(killed.folder).id)).toMatchObject({ status: 'interrupted' });
    expect(explainExit(killed.folder, exit)).toContain('SIGKILL');
  }
  if (recordOf(killed.folder).status !== 'completed') {
    expect((await launch(killed, 'resume').trainer.exited).code).toBe(0);
  }
  expect(bits(await readHistory(killed.folder))).toEqual(expected);
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
  const second = spawnSync(process.execPath, [trainerPath, ...args], { encoding: 'utf8' });
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
