import { parse } from '../syntax/parser';
import type { Document } from '../syntax/tree';
import type { ResolveOptions } from './context';
import { type Problem, problem } from './problem';
import type { Recall } from './recall';
import { resolve } from './resolve';
import type { ResolvedFile } from './resolved';

export interface Analysis {
  readonly document: Document;
  readonly file: ResolvedFile;
  /** Mistakes in form and meaning, in the order of the file. What checks find is not among them. */
  readonly problems: readonly Problem[];
}

/** Parses and resolves a file; `recall` knows what was found in it before. */
export function analyze(text: string, options: ResolveOptions = {}, recall?: Recall): Analysis {
  const parsed = parse(text);
  const resolved = resolve(parsed.value, options, recall);
  const syntax = parsed.problems.map(found =>
    problem(found.code, found, found.params, { fixes: found.fix ? [found.fix] : [] }),
  );
  const problems = [...syntax, ...resolved.problems].sort((a, b) => a.start - b.start || a.end - b.end);
  return { document: parsed.value, file: resolved.value, problems };
}
