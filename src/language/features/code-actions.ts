import type { Span, TextEdit } from '../../base/text';
import type { Problem } from '../analysis/problem';
import type { ProblemCode } from '../analysis/problems';
import type { Analysed } from './analysed';
import { type SeverityOverrides, shownProblems } from './diagnostics';
import { silenceEdit } from './silence';

/** A change that an editor offers. */
export interface CodeAction {
  readonly title: string;
  /** `fix` repairs, `silence` hides a problem, `fix-all` repairs everything that has one sure repair, `rewrite` says the same otherwise. */
  readonly kind: 'fix' | 'silence' | 'fix-all' | 'rewrite';
  readonly edits: readonly TextEdit[];
  /** The best of the repairs for its problem. */
  readonly preferred: boolean;
  /** The problem it is for. */
  readonly problem: (Span & { readonly code: ProblemCode }) | undefined;
}

/** What can be done about the problems that touch a span. */
export function codeActions(analysed: Analysed, span: Span, overrides: SeverityOverrides = {}): readonly CodeAction[] {
  const problems = shownProblems(analysed, overrides);
  const touched = problems.filter(({ start, end }) => start <= span.end && span.start <= end);
  const fixes = touched.flatMap(problem =>
    problem.fixes.map(({ title, edits }, index): CodeAction => {
      return { title, kind: 'fix', edits, preferred: index === 0, problem };
    }),
  );
  const silences = touched
    .filter(problem => problem.severity !== 'error')
    .map((problem): CodeAction => {
      const title = `Silence ${problem.code} on this line`;
      return { title, kind: 'silence', edits: [silenceEdit(analysed, problem)], preferred: false, problem };
    });
  const all = touched.length > 0 ? fixAll(analysed, overrides) : undefined;
  return [
    ...fixes,
    ...writeSolved(analysed, span),
    ...silences,
    ...(all && sureFixes(problems).length > 1 ? [all] : []),
  ];
}

/** Writes the number that a budget decided, so that it stays when the rest of the model changes. */
function writeSolved({ file }: Analysed, span: Span): readonly CodeAction[] {
  return file.models.flatMap(({ solved }): readonly CodeAction[] => {
    if (!solved?.own || solved.word.end < span.start || span.end < solved.word.start) return [];
    const newText = String(solved.best.value);
    const edits = [{ start: solved.word.start, end: solved.word.end, newText }];
    return [
      { title: `Write ${newText} in place of auto`, kind: 'rewrite', edits, preferred: false, problem: undefined },
    ];
  });
}

/** Repairs every error that has exactly one repair. Doubts about a design are left to its designer. */
export function fixAll(analysed: Analysed, overrides: SeverityOverrides = {}): CodeAction | undefined {
  const edits: TextEdit[] = [];
  for (const fix of sureFixes(shownProblems(analysed, overrides))) {
    const free = fix.edits.every(edit => edits.every(other => edit.end < other.start || other.end < edit.start));
    if (free) edits.push(...fix.edits);
  }
  if (edits.length === 0) return undefined;
  edits.sort((a, b) => a.start - b.start);
  return { title: 'Fix all mistakes with a sure repair', kind: 'fix-all', edits, preferred: false, problem: undefined };
}

const sureFixes = (problems: readonly Problem[]) =>
  problems.flatMap(({ severity, fixes }) => (severity === 'error' && fixes.length === 1 ? fixes : []));
