import * as v from 'valibot';
import type { EvalRow, MetricRow, StepRow } from './run-records';

/**
 * Metrics on their way to a panel: one column per quantity instead of one object per row. The host sends Float64Array,
 * which VS Code moves without JSON; plain arrays are accepted too.
 */
export type Column = readonly number[] | Float64Array;

export const stepColumnNames = [
  'step',
  'tokens',
  'flops',
  'elapsedMs',
  'loss',
  'learningRate',
  'gradientNorm',
  'tokensPerSecond',
  'samplesPerSecond',
  'memoryBytes',
  'expertImbalance',
] as const satisfies readonly (keyof StepRow)[];
export const evalColumnNames = [
  'step',
  'tokens',
  'flops',
  'elapsedMs',
  'loss',
  'perplexity',
  'bitsPerByte',
] as const satisfies readonly (keyof EvalRow)[];

export type StepColumns = Readonly<Record<(typeof stepColumnNames)[number], Column>>;
export type EvalColumns = Readonly<Record<(typeof evalColumnNames)[number], Column>>;

/** Both tables of a run, in the order in which they were written. */
export interface Series {
  readonly steps: StepColumns;
  readonly evals: EvalColumns;
}

/** Whether the model has a mixture of experts: their imbalance, 1 at least, was measured. */
export const hasExperts = ({ steps: { expertImbalance } }: Series): boolean =>
  (expertImbalance[expertImbalance.length - 1] ?? 0) > 0;

/** Turns rows of metrics.jsonl into columns. */
export function seriesOf(rows: readonly MetricRow[]): Series {
  const steps = rows.filter(row => row.kind === 'step');
  const evals = rows.filter(row => row.kind === 'eval');
  return { steps: columnsOf(stepColumnNames, steps), evals: columnsOf(evalColumnNames, evals) };
}

/** What was not measured is 0: a column holds numbers only. */
function columnsOf<Name extends string>(
  names: readonly Name[],
  rows: readonly Readonly<Partial<Record<Name, number>>>[],
): Readonly<Record<Name, Float64Array>> {
  const columns = names.map(name => [name, Float64Array.from(rows, row => row[name] ?? 0)] as const);
  return Object.fromEntries(columns) as Record<Name, Float64Array>;
}

/** Finite numbers only; a plain loop, because a schema per element costs tens of milliseconds at 20,000 rows. */
function isColumn(value: unknown): value is Column {
  if (!(Array.isArray(value) || value instanceof Float64Array)) return false;
  for (let index = 0; index < value.length; index++) if (!Number.isFinite(value[index])) return false;
  return true;
}

const column = v.custom<Column>(isColumn, 'Expected finite numbers.');

function tableSchema<Name extends string>(names: readonly Name[]) {
  const entries = Object.fromEntries(names.map(name => [name, column])) as Record<Name, typeof column>;
  return v.pipe(
    v.object(entries),
    v.check(table => {
      const lengths = Object.values<Column>(table as Record<string, Column>).map(values => values.length);
      return lengths.every(length => length === lengths[0]);
    }, 'Expected columns of the same length.'),
  );
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/**
 * Rows of one run from `offset` on: what the panel holds after `offset` is replaced. Offset 0 sends all, an offset at
 * the end appends, one in between rewinds (a run resumed from a checkpoint). A panel that holds less than `offset`
 * missed something and asks with `resync`.
 */
export const seriesMessageSchema = v.object({
  type: v.literal('series'),
  runId: v.string(),
  offset: v.object({ steps: count, evals: count }),
  steps: tableSchema(stepColumnNames),
  evals: tableSchema(evalColumnNames),
});
export type SeriesMessage = v.InferOutput<typeof seriesMessageSchema>;
