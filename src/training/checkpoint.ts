import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ensureSubfolder, syncFolder, writeFileDurably } from '../runs/atomic-write';
import { type Checkpoint, listCheckpoints } from '../runs/checkpoints';
import { messageOf } from '../runs/run-error';
import { runPaths } from '../runs/run-folder';
import { guardStateSchema } from './guard';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/**
 * state.json: all that a run needs to go on besides weights and optimizer state. Random choices need nothing: each is
 * drawn from a stream of its own, named by the run's seed and the step. The learning rate follows from the step.
 */
export const trainingStateSchema = v.object({
  version: v.literal(1),
  step: count,
  tokens: count,
  flops: v.number(),
  elapsedMs: v.number(),
  /** Position in the data, as the batches describe it. */
  data: v.unknown(),
  best: v.nullable(v.object({ step: count, loss: v.number() })),
  /** Evaluations in a row without a better loss. */
  evalsSinceBest: count,
  guard: guardStateSchema,
});
export type TrainingState = v.InferOutput<typeof trainingStateSchema>;

export const optimizerFile = 'optimizer.safetensors';
const stateFile = 'state.json';
const asidePrefix = '.writing-';

/**
 * Writes a checkpoint aside, syncs it and gives it its name in one step, so that a kill at any moment leaves it whole or
 * not there. The same step of a run is always the same bits, so one that is there already is kept.
 */
export async function writeCheckpoint(
  folder: string,
  state: TrainingState,
  save: (target: string) => Promise<void>,
): Promise<Checkpoint> {
  const { checkpoints } = runPaths(folder);
  const checkpoint = { step: state.step, path: join(checkpoints, nameOf(state.step)) };
  if (existsSync(checkpoint.path)) return checkpoint;
  ensureSubfolder(checkpoints);
  const aside = join(checkpoints, `${asidePrefix}${state.step}-${process.pid}`);
  try {
    rmSync(aside, { recursive: true, force: true });
    mkdirSync(aside);
    await save(aside);
    writeFileDurably(join(aside, stateFile), [Buffer.from(JSON.stringify(state))]);
    syncFolder(aside);
    renameSync(aside, checkpoint.path);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
  syncFolder(checkpoints);
  return checkpoint;
}

/** Reads state.json of a checkpoint, or says why it cannot be used. */
export function readTrainingState(
  checkpoint: Checkpoint,
): { readonly value: TrainingState; readonly problem: null } | { readonly value: null; readonly problem: string } {
  try {
    const result = v.safeParse(trainingStateSchema, JSON.parse(readFileSync(join(checkpoint.path, stateFile), 'utf8')));
    return result.success
      ? { value: result.output, problem: null }
      : { value: null, problem: `${stateFile}: ${result.issues[0].message}` };
  } catch (error) {
    return { value: null, problem: messageOf(error) };
  }
}

/** Puts a checkpoint that cannot be read out of the way, so that a good one can take its place later. Nothing is deleted. */
export function setAsideDamaged(checkpoint: Checkpoint): void {
  renameSync(checkpoint.path, `${checkpoint.path}.damaged-${Date.now()}`);
}

/** Deletes old checkpoints: the newest, the best and `keep` others before the newest stay. */
export function pruneCheckpoints(folder: string, { keep, bestStep }: { keep: number; bestStep: number | null }): void {
  const all = listCheckpoints(folder);
  const rest = all.slice(1).filter(checkpoint => checkpoint.step !== bestStep);
  for (const { path } of rest.slice(keep)) {
    // Renamed first: a half-deleted folder must not look like a checkpoint.
    const aside = path.replace(/step-(\d+)$/, `${asidePrefix}old-$1`);
    rmSync(aside, { recursive: true, force: true });
    renameSync(path, aside);
    rmSync(aside, { recursive: true, force: true });
  }
}

/** Removes what earlier trainers left half written or half deleted. Only with the lock held. */
export function removeLeftovers(folder: string): void {
  const { checkpoints } = runPaths(folder);
  if (!existsSync(checkpoints)) return;
  for (const name of readdirSync(checkpoints)) {
    if (name.startsWith(asidePrefix)) rmSync(join(checkpoints, name), { recursive: true, force: true });
  }
}

/** Sorts by name as by number up to a million steps. */
const nameOf = (step: number): string => `step-${String(step).padStart(6, '0')}`;
