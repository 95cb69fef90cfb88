import { type LineIndex, lineIndex } from '../../base/text';
import { analyze } from '../analysis/analyze';
import { type Facts, noFacts } from '../analysis/checks/check';
import { recallChecks } from '../analysis/checks/recall-checks';
import type { ResolveOptions } from '../analysis/context';
import type { Problem } from '../analysis/problem';
import { openRecall, type Recall } from '../analysis/recall';
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
  /** What the next analysis need not find again. */
  readonly recall: Recall;
}

/** Parses, resolves and checks a file. With what an analysis found `before` it takes less time and says the same. */
export function analysed(
  text: string,
  options: ResolveOptions = {},
  facts: Facts = noFacts,
  before?: Recall,
): Analysed {
  const recall = openRecall(before);
  const { file, problems } = analyze(text, options, recall);
  const all = [...problems, ...recallChecks(file, facts, recall)].sort((a, b) => a.start - b.start || a.end - b.end);
  return { text, lines: lineIndex(text), file, problems: all, facts, options, recall };
}
