import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { costsOf } from '../architecture/costs';
import type { ExperimentSpec } from '../architecture/model';
import { type RunRecord, runSchemaVersion } from '../protocol/run-records';
import { ensureFolder } from './atomic-write';
import { explainSystemError } from './run-error';
import { runFolder, runPaths, runsFolder } from './run-folder';
import { writeRunRecord } from './run-record';

export interface NewRun {
  readonly spec: ExperimentSpec;
  /** The text of the file, kept as the run's snapshot. */
  readonly source: string;
  /** The file, relative to the workspace. */
  readonly file: string;
  /** For people; the model's name when left out. */
  readonly name?: string;
  readonly supraVersion: string;
}

/** Makes the folder of a new run, with status `preparing`, under `<root>/.supra/runs`. Throws a RunError when it cannot. */
export function createRun(root: string, run: NewRun): { readonly folder: string; readonly record: RunRecord } {
  try {
    ensureFolder(runsFolder(root));
    const now = new Date();
    const id = reserveFolder(root, `${timestamp(now)}-${slug(run.name ?? run.spec.model.name)}`);
    const folder = runFolder(root, id);
    const costs = costsOf(run.spec.model);
    const record: RunRecord = {
      version: runSchemaVersion,
      id,
      name: run.name ?? run.spec.model.name,
      status: 'preparing',
      reason: null,
      createdAt: now.toISOString(),
      endedAt: null,
      file: run.file,
      spec: run.spec,
      parameters: costs.total,
      trainingFlopsPerToken: costs.trainingFlopsPerToken,
      stepsDone: 0,
      seed: run.spec.train.seed,
      dataHash: null,
      machine: null,
      engine: null,
      versions: { supra: run.supraVersion, node: process.versions.node },
      startedFrom: null,
      best: null,
    };
    writeFileSync(runPaths(folder).source, run.source);
    writeRunRecord(folder, record);
    return { folder, record };
  } catch (error) {
    throw explainSystemError(error, `Making a run folder in ${runsFolder(root)}`);
  }
}

/** Makes a folder that did not exist, so that two runs started in the same second do not share one. */
function reserveFolder(root: string, wanted: string): string {
  for (let attempt = 0; ; attempt++) {
    const id = attempt === 0 ? wanted : `${wanted}-${randomBytes(2).toString('hex')}`;
    try {
      mkdirSync(runFolder(root, id));
      return basename(runFolder(root, id));
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!taken || attempt > 20) throw error;
    }
  }
}

/** Local time to the second, in an order that sorts: 20261124-163412. */
function timestamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40) || 'run';
