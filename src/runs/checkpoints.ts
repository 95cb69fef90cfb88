import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runPaths } from './run-folder';
import type { ReadableRun } from './run-store';

/** A whole checkpoint of a run: a folder with its weights and all that training goes on from. */
export interface Checkpoint {
  readonly step: number;
  readonly path: string;
}

/** The weights in a checkpoint. */
export const modelFile = 'model.safetensors';

/** The average of the weights, where a run keeps one: every tensor of the model again. */
export const averageFile = 'ema.safetensors';

/** The weights by which a checkpoint is judged, writes and is exported: the average where there is one. */
export function judgedWeightsFile(path: string): string {
  const average = join(path, averageFile);
  return existsSync(average) ? average : join(path, modelFile);
}

/** The whole checkpoints of a run, newest first. */
export function listCheckpoints(folder: string): Checkpoint[] {
  const { checkpoints } = runPaths(folder);
  let names: string[];
  try {
    names = readdirSync(checkpoints);
  } catch {
    return [];
  }
  return names
    .flatMap(name => {
      const match = /^step-(\d+)$/.exec(name);
      return match === null ? [] : [{ step: Number(match[1]), path: join(checkpoints, name) }];
    })
    .sort((a, b) => b.step - a.step);
}

/** The weights to take of a run: the best checkpoint where it is kept, else the newest; `undefined` before the first. */
export function chooseCheckpoint(
  { folder, record }: Pick<ReadableRun, 'folder' | 'record'>,
  which: 'best' | 'last',
): Checkpoint | undefined {
  const all = listCheckpoints(folder);
  const best = which === 'best' ? all.find(({ step }) => step === record.best?.step) : undefined;
  return best ?? all[0];
}
