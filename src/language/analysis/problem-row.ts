import type { Severity } from './problem';
import type { ProblemRow, ProblemRows } from './problems';

/** What a table says of a code, before each code has its page. */
export type Row<Params> = Omit<ProblemRow<Params>, 'docs'>;
export type Rows<Params> = { readonly [Code in keyof Params]: Row<Params[Code]> };

export const row = <Params>(
  title: string,
  message: (params: Params) => string,
  severity: Severity = 'error',
): Row<Params> => ({ severity, title, message });

/** Gives each code its page, which follows from its name. */
export function withPages<Params>(rows: Rows<Params>, pageOf: (code: string) => string): ProblemRows<Params> {
  const entries = Object.entries<Row<never>>(rows).map(([code, entry]) => [code, { ...entry, docs: pageOf(code) }]);
  return Object.fromEntries(entries);
}
