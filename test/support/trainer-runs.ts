import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ExperimentSpec } from '../../src/architecture/model';
import { createRandom } from '../../src/base/random';
import type { RunRecord } from '../../src/protocol/run-records';
import type { TrainerMessage } from '../../src/protocol/trainer';
import { createRun } from '../../src/runs/create-run';
import { runPaths } from '../../src/runs/run-folder';
import { type RunHistory, readHistory } from '../../src/runs/run-history';
import { readRunRecord } from '../../src/runs/run-record';
import { openRun } from '../../src/runs/run-store';
import { explainExit, launchTrainer, type Trainer } from '../../src/training/client';
import { buildOnce } from './build';
import { tempFolder } from './temp-folder';

// Real trainer processes, and what they leave behind.

/** A workspace with some text in text.txt. */
export function textWorkspace(root = tempFolder()): string {
  const random = createRandom('text');
  const words = ['whale', 'ship', 'sea', 'the', 'and', 'of', 'a', 'harpoon', 'captain', 'white'];
  const text = Array.from({ length: 3000 }, () => words[random.below(words.length)]).join(' ');
  writeFileSync(join(root, 'text.txt'), text);
  return root;
}

/** A new run in a workspace. */
export function newRun(root: string, spec: ExperimentSpec): { readonly root: string; readonly folder: string } {
  const { folder } = createRun(root, { spec, source: '', file: 'model.supra', supraVersion: '0' });
  return { root, folder };
}

export interface Launched {
  readonly trainer: Trainer;
  readonly messages: TrainerMessage[];
}

/** Starts a trainer on a run. */
export function launch(
  { root, folder }: { readonly root: string; readonly folder: string },
  mode: 'start' | 'resume' = 'start',
  env: Record<string, string> = {},
): Launched {
  const messages: TrainerMessage[] = [];
  const trainer = launchTrainer({
    trainerPath: trainerBundle(),
    runFolder: folder,
    root,
    mode,
    env,
    onMessage: message => messages.push(message),
  });
  return { trainer, messages };
}

/** dist/trainer.js; build it before the first test, which may be short of time. */
export const trainerBundle = (): string => join(buildOnce('trainer'), 'trainer.js');

export function recordOf(folder: string): RunRecord {
  const { value, problem } = readRunRecord(folder);
  if (value === null) throw new Error(problem);
  return value;
}

export async function untilStep(folder: string, step: number): Promise<void> {
  await expect
    .poll(async () => (await readHistory(folder)).steps.at(-1)?.step ?? 0, { timeout: 20_000, interval: 5 })
    .toBeGreaterThanOrEqual(step);
}

/** What must not depend on interruptions: everything but times and memory. */
export const bits = ({ steps, evals, samples }: RunHistory) => ({
  steps: steps.map(({ step, tokens, flops, loss, learningRate, gradientNorm, expertImbalance }) => ({
    ...{ step, tokens, flops, loss, learningRate, gradientNorm, expertImbalance },
  })),
  evals: evals.map(({ step, loss, bitsPerByte, evalTokens }) => ({ step, loss, bitsPerByte, evalTokens })),
  samples,
});

/** Trains a run to its end, killing the trainer three times on the way, at moments that differ each time. */
export async function trainThroughKills(
  run: { readonly root: string; readonly folder: string },
  first: 'start' | 'resume' = 'start',
): Promise<void> {
  const random = createRandom(`kills ${Date.now()}`);
  let mode = first;
  for (let kill = 0; kill < 3; kill++) {
    const { trainer } = launch(run, mode);
    mode = 'resume';
    const from = (await readHistory(run.folder)).steps.length;
    await untilStep(run.folder, Math.min(59, from + 1 + random.below(20)));
    await new Promise(resolve => setTimeout(resolve, random.below(12)));
    const seen = readFileSync(runPaths(run.folder).metrics, 'utf8');
    trainer.kill();
    const exit = await trainer.exited;
    // What was recorded stays, to the byte.
    expect(readFileSync(runPaths(run.folder).metrics, 'utf8').startsWith(seen)).toBe(true);
    if (exit.code === 0) break; // The end came before the kill.
    expect(openRun(run.root, recordOf(run.folder).id)).toMatchObject({ status: 'interrupted' });
    expect(explainExit(run.folder, exit)).toContain('SIGKILL');
  }
  if (recordOf(run.folder).status !== 'completed') {
    expect((await launch(run, 'resume').trainer.exited).code).toBe(0);
  }
}
