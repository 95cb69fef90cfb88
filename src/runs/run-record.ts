import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { completeExperiment } from '../architecture/complete-spec';
import type { ExperimentSpec } from '../architecture/model';
import { type RunRecord, runRecordSchema, runSchemaVersion } from '../protocol/run-records';
import { writeFileAtomically } from './atomic-write';
import { messageOf } from './run-error';
import { runPaths } from './run-folder';

/** What is in a run folder's run.json, or why it cannot be read. Never throws. */
export type RecordResult =
  | { readonly value: RunRecord; readonly problem: null }
  | { readonly value: null; readonly problem: string };

/** Reads and checks run.json; a name that the user gave wins over the one written there. */
export function readRunRecord(folder: string): RecordResult {
  const paths = runPaths(folder);
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(paths.record, 'utf8'));
  } catch (error) {
    return fail(`run.json cannot be read: ${messageOf(error)}. The folder is not a run, or was damaged.`);
  }
  if (isObject(parsed) && typeof parsed.version === 'number' && parsed.version > runSchemaVersion) {
    return fail(
      `run.json has version ${parsed.version}, this Supra reads ${runSchemaVersion}. Update Supra to open this run.`,
    );
  }
  const result = v.safeParse(runRecordSchema, parsed);
  if (!result.success) {
    const issue = result.issues[0];
    return fail(`run.json is damaged: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`);
  }
  const { name, spec } = result.output;
  return {
    value: { ...result.output, name: givenName(paths.name) ?? name, spec: completed(spec) },
    problem: null,
  };
}

/** Replaces run.json. */
export function writeRunRecord(folder: string, record: RunRecord, options?: { durable: boolean }): void {
  writeFileAtomically(runPaths(folder).record, `${JSON.stringify(record, null, 1)}\n`, options);
}

/** A spec of an earlier version lacks the settings that came later. One that is broken is left to whoever needs all of it. */
function completed(spec: ExperimentSpec): ExperimentSpec {
  try {
    return completeExperiment(spec);
  } catch {
    return spec;
  }
}

function givenName(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim() || null;
  } catch {
    return null; // Not renamed.
  }
}

const fail = (problem: string): RecordResult => ({ value: null, problem });
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
