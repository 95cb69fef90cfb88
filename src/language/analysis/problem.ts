import type { Span } from '../../base/text';
import type { Fix } from '../syntax/syntax-problem';
import type { ProblemCode, ProblemParams } from './problems';
import { messageOf, problemTable } from './problems';

export type Severity = 'error' | 'warning' | 'info' | 'hint';

/** A mistake or doubt about a file, at a place in it. */
export interface Problem extends Span {
  readonly code: ProblemCode;
  readonly severity: Severity;
  /** What is wrong, why, what to do. */
  readonly message: string;
  /** Other places that explain it. */
  readonly related: readonly RelatedPlace[];
  /** Ways to repair it, the likeliest first. */
  readonly fixes: readonly Fix[];
}

export interface RelatedPlace extends Span {
  readonly message: string;
}

export interface ProblemExtras {
  readonly related?: readonly RelatedPlace[];
  readonly fixes?: readonly Fix[];
  /** Said behind the message: where an inherited setting comes from. */
  readonly note?: string;
}

/** Makes a problem whose message is built from the parameters of its code. */
export function problem<Code extends ProblemCode>(
  code: Code,
  span: Span,
  params: ProblemParams[Code],
  extras: ProblemExtras = {},
): Problem {
  const message = messageOf(code, params);
  return {
    code,
    severity: problemTable[code].severity,
    message: extras.note ? `${message} ${extras.note}` : message,
    start: span.start,
    end: span.end,
    related: extras.related ?? [],
    fixes: extras.fixes ?? [],
  };
}
