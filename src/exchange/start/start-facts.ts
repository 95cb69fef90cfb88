import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelSpec } from '../../architecture/model';
import type { StartFacts } from '../../architecture/start-facts';
import { compareStart } from './compare-start';
import { findStart } from './find-start';

/** Looks up a start and compares it with the model that is to go on from it, where that is known. */
export function startFacts(root: string, start: string, model: ModelSpec | null): StartFacts {
  const { value, problem } = findStart(root, start);
  const fits = { misfit: null, otherwise: null };
  if (value === null) return { problem, title: start, data: null, hasTokenizer: false, ...fits };
  const { title, data, folder, spec } = value;
  const hasTokenizer = existsSync(join(folder, 'tokenizer.json'));
  return { problem: null, title, data, hasTokenizer, ...(model === null ? fits : compareStart(model, spec)) };
}
