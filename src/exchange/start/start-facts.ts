import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSpec, ModelSpec } from '../../architecture/model';
import { compareStart, type StartFit } from './compare-start';
import { findStart } from './find-start';

/** What can be told of a start without reading its weights. */
export interface StartFacts extends StartFit {
  /** Why it cannot be used; null when it can. */
  readonly problem: string | null;
  readonly title: string;
  /** What a run read; null for published weights. */
  readonly data: DataSpec | null;
  readonly hasTokenizer: boolean;
}

/** Looks up a start and compares it with the model that is to go on from it, where that is known. */
export function startFacts(root: string, start: string, model: ModelSpec | null): StartFacts {
  const { value, problem } = findStart(root, start);
  const fits = { misfit: null, otherwise: null };
  if (value === null) return { problem, title: start, data: null, hasTokenizer: false, ...fits };
  const { title, data, folder, spec } = value;
  const hasTokenizer = existsSync(join(folder, 'tokenizer.json'));
  return { problem: null, title, data, hasTokenizer, ...(model === null ? fits : compareStart(model, spec)) };
}
