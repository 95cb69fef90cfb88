import type { ProblemRows } from '../problems';

/** What the message of each check needs to know, by the code of the check. */
export type CheckParams = Record<never, never>;

/** Severity, title, page and message of every check. They are part of the one table in ../problems.ts. */
export const checkRows: ProblemRows<CheckParams> = {};
