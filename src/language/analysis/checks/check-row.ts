import type { Severity } from '../problem';
import type { Row } from '../problem-row';

/** A row of the table of checks. */
export const row = <Params>(severity: Severity, title: string, message: (params: Params) => string): Row<Params> => ({
  severity,
  title,
  message,
});

/** A number as one would say it: 0.5, 953, 3e-5. */
export const plain = (value: number): string => {
  const rounded = Number(value.toPrecision(3));
  return rounded < 1e-3 ? rounded.toExponential() : String(rounded);
};

/** What is added to the one setting that is named where several differ. */
export const others = (more: number): string =>
  more === 0 ? '' : `, and ${more} other setting${more === 1 ? ' differs' : 's differ'}`;
