import { type LineIndex, lineIndex } from '../../base/text';
import { analyze } from '../analysis/analyze';
import { type Facts, noFacts } from '../analysis/checks/check';
import { runChecks } from '../analysis/checks/run-checks';
import type { ResolveOptions } from '../analysis/context';
import type { Problem } from '../analysis/problem';
import type { ResolvedFile } from '../analysis/resolved';

/** A file with all that features read. */
export interface Analysed {
  readonly text: string;
  readonly lines: LineIndex;
  readonly file: ResolvedFile;
  /** Mistakes and doubts, in the order of the file; silenced ones among them. */
  readonly problems: readonly Problem[];
  /** What is known of the world outside of the file. */
  readonly facts: Facts;
  /** With these the text can be changed and analysed again. */
  readonly options: ResolveOptions;
}

/** Parses, resolves and checks a file. */
export function analysed(text: string, options: ResolveOptions = {}, facts: Facts = noFacts): Analysed {
  const { file, problems } = analyze(text, options);
  const all = [...problems, ...runChecks(file, facts)].sort((a, b) => a.start - b.start || a.end - b.end);
  return { text, lines: lineIndex(text), file, problems: all, facts, options };
}
