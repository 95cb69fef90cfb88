import { lineAt, type Span } from '../../base/text';
import type { Problem, RelatedPlace, Severity } from '../analysis/problem';
import { type ProblemCode, type ProblemRow, problemTable } from '../analysis/problems';
import { isSuppressed, suppressionsOf } from '../analysis/suppressions';
import type { Analysed } from './analysed';

/** Severities by code that a user chose instead of those of the table. */
export type SeverityOverrides = Readonly<Record<string, Severity | 'off'>>;

/** A problem as an editor shows it. */
export interface Diagnostic extends Span {
  readonly code: ProblemCode;
  readonly severity: Severity;
  readonly message: string;
  readonly related: readonly RelatedPlace[];
  /** Its page, relative to docs/: `checks/window-without-effect.md`, `language-problems.md#unknown-block`. */
  readonly page: string;
  /** The text has no effect: editors fade it. */
  readonly unnecessary: boolean;
}

/**
 * The problems of a file to show: without those that a `# supra-ignore` comment or a setting silences, with the severities
 * that the user chose. Errors are always errors, since a file that has one means nothing.
 */
export function diagnostics(analysed: Analysed, overrides: SeverityOverrides = {}): readonly Diagnostic[] {
  return shownProblems(analysed, overrides).map(({ code, start, end, severity, message, related }) => {
    return {
      code,
      start,
      end,
      severity,
      message,
      related,
      page: pageOf(code),
      unnecessary: rowOf(code).unnecessary === true,
    };
  });
}

/** The problems that are shown, with the severity shown. */
export function shownProblems(analysed: Analysed, overrides: SeverityOverrides = {}): readonly Problem[] {
  const suppressions = suppressionsOf(analysed.file.document);
  return analysed.problems.flatMap(problem => {
    if (problem.severity === 'error') return [problem];
    const chosen = Object.hasOwn(overrides, problem.code) ? overrides[problem.code] : undefined;
    if (chosen === 'off' || isSuppressed(suppressions, lineAt(analysed.lines, problem.start), problem)) return [];
    return [chosen === undefined ? problem : { ...problem, severity: chosen }];
  });
}

/** The page of a code, relative to docs/. */
export function pageOf(code: ProblemCode): string {
  const [page = '', heading] = rowOf(code).docs.split('#');
  return heading === undefined ? `${page}.md` : `${page}.md#${heading}`;
}

/** The row of a code, whatever its parameters. */
const rowOf = (code: ProblemCode): Omit<ProblemRow<never>, 'message'> => problemTable[code];
