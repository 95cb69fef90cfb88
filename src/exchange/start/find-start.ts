import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { completeModel } from '../../architecture/complete-spec';
import type { DataSpec, ModelSpec } from '../../architecture/model';
import { checkpointOfStart, folderOfStart } from '../../architecture/start-path';
import { formatInteger } from '../../base/format';
import { chooseCheckpoint, judgedWeightsFile, listCheckpoints } from '../../runs/checkpoints';
import { messageOf } from '../../runs/run-error';
import { runPaths } from '../../runs/run-folder';
import { readRunRecord } from '../../runs/run-record';
import { weightFiles } from '../hugging-face/checkpoint';
import { importConfig } from '../hugging-face/import-config';

/** Weights that a run can start from. */
export interface Start {
  readonly kind: 'run' | 'hugging-face';
  /** What it is, in a few words: `run 20261124-163412-tiny, step 60`, `llama`. */
  readonly title: string;
  /** The model that the weights are of. */
  readonly spec: ModelSpec;
  /** `model_type` of a config.json. */
  readonly modelType: string | null;
  /** The files of the weights, absolute, in the order of their names. */
  readonly files: readonly string[];
  /** The folder that holds the tokenizer, absolute. */
  readonly folder: string;
  /** What a run read. */
  readonly data: DataSpec | null;
}

export type StartResult =
  | { readonly value: Start; readonly problem: null }
  | { readonly value: null; readonly problem: string };

/**
 * Looks up what `start` of a train block names in the folder of a workspace, without reading weights. Never throws for what may be
 * written there or lie in the folder.
 */
export function findStart(root: string, start: string): StartResult {
  try {
    const name = folderOfStart(start);
    if (name === '') return fail('Name a folder with config.json and safetensors, or a run (supra runs lists them).');
    if (isAbsolute(name) || /^[A-Za-z]:/.test(name) || name.split('/').includes('..')) return fail(outside(start));
    const path = join(root, name);
    if (!existsSync(path)) {
      return fail(
        `There is no ${name} in ${root}. Name a folder with config.json and safetensors, or a run (supra runs lists them).`,
      );
    }
    const folder = realpathSync(path);
    const realRoot = realpathSync(root);
    if (!isInsideFolder(realRoot, folder)) return fail(outside(start));
    if (!statSync(folder).isDirectory()) return fail(`${name} is a file. Name the folder that it lies in.`);
    const found = startIn(folder, name);
    if (found.value?.files.some(file => !isInsideFolder(realRoot, realpathSync(file)))) return fail(outside(start));
    return found;
  } catch (error) {
    return fail(`${start} cannot be read: ${messageOf(error)}.`);
  }
}

function startIn(folder: string, name: string): StartResult {
  const checkpoint = checkpointOfStart(folder.replaceAll('\\', '/'));
  if (checkpoint !== null) return startOfRun(checkpoint.run, checkpoint.step, name);
  return existsSync(runPaths(folder).record) ? startOfRun(folder, null, name) : startOfFolder(folder, name);
}

/** Whether a real path lies in a folder, or is it. */
export function isInsideFolder(realRoot: string, path: string): boolean {
  const way = relative(realRoot, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

const fail = (problem: string): StartResult => ({ value: null, problem });

const outside = (start: string): string =>
  `"${start}" leads out of the folder that is open, and a model file from somebody else must not read your other files. Copy the weights into it, and name them relative to that.`;

function startOfRun(folder: string, step: number | null, name: string): StartResult {
  const { value: record, problem } = readRunRecord(folder);
  if (record === null) return fail(`${name} is no run that can be used: ${problem}`);
  const checkpoint =
    step === null
      ? chooseCheckpoint({ folder, record }, 'best')
      : listCheckpoints(folder).find(each => each.step === step);
  if (checkpoint === undefined)
    return fail(`The run ${record.id} has no checkpoint yet. Train it further: supra resume ${record.id}`);
  return {
    value: {
      kind: 'run',
      title: `run ${record.id}, step ${formatInteger(checkpoint.step)}`,
      spec: completeModel(record.spec.model),
      modelType: null,
      files: [judgedWeightsFile(checkpoint.path)],
      folder,
      data: record.spec.data,
    },
    problem: null,
  };
}

function startOfFolder(folder: string, name: string): StartResult {
  const config = join(folder, 'config.json');
  if (!existsSync(config)) {
    return fail(
      `${name} holds neither config.json with safetensors, as Hugging Face keeps a model, nor a run of Supra. Name a folder that does.`,
    );
  }
  const { value, problems } = importConfig(readFileSync(config, 'utf8'));
  if (value === null) {
    return fail(`${name}/config.json cannot be imported. ${problems.map(({ message }) => message).join(' ')}`);
  }
  return {
    value: {
      kind: 'hugging-face',
      title: value.modelType,
      spec: value.spec,
      modelType: value.modelType,
      files: weightFiles(folder).map(file => join(folder, file)),
      folder,
      data: null,
    },
    problem: null,
  };
}
