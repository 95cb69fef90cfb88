import type { EvalRow, MetricRow, SampleRow, StepRow } from '../protocol/run-records';
import { createMetricTail, createSampleTail } from './row-files';
import { runPaths } from './run-folder';

/**
 * All recorded rows of a run, one per step and in the order of steps.
 *
 * A run that went on from a checkpoint writes the steps after it again. The file keeps both; here the later row takes
 * the earlier one's place. Steps that were recorded but not reached again stay: they were measured.
 */
export interface RunHistory {
  readonly steps: readonly StepRow[];
  readonly evals: readonly EvalRow[];
  readonly samples: readonly SampleRow[];
}

export interface GrowingHistory extends RunHistory {
  /** Takes rows in; tells from which index on each table is new. */
  addMetrics(rows: readonly MetricRow[]): { readonly steps: number; readonly evals: number };
  /** Takes samples in; tells from which index on the table is new. */
  addSamples(rows: readonly SampleRow[]): number;
  clear(): void;
}

/** A history that rows are added to as they are read. */
export function createHistory(): GrowingHistory {
  const steps: StepRow[] = [];
  const evals: EvalRow[] = [];
  const samples: SampleRow[] = [];
  return {
    steps,
    evals,
    samples,
    addMetrics(rows) {
      const changed = { steps: steps.length, evals: evals.length };
      for (const row of rows) {
        if (row.kind === 'step') changed.steps = Math.min(changed.steps, place(steps, row));
        else changed.evals = Math.min(changed.evals, place(evals, row));
      }
      return changed;
    },
    addSamples(rows) {
      let changed = samples.length;
      for (const row of rows)
        changed = Math.min(
          changed,
          place(samples, row, other => other.prompt === row.prompt),
        );
      return changed;
    },
    clear() {
      steps.length = 0;
      evals.length = 0;
      samples.length = 0;
    },
  };
}

/** Reads all that a run recorded. */
export async function readHistory(folder: string): Promise<RunHistory> {
  const paths = runPaths(folder);
  const history = createHistory();
  history.addMetrics((await createMetricTail(paths.metrics).read()).rows);
  history.addSamples((await createSampleTail(paths.samples).read()).rows);
  return history;
}

/**
 * Puts a row where its step belongs and returns its index; a row of the same step (and, for samples, the same prompt) is
 * replaced.
 */
function place<Row extends { readonly step: number }>(
  rows: Row[],
  row: Row,
  same: (other: Row) => boolean = () => true,
): number {
  const last = rows.at(-1);
  if (last === undefined || last.step < row.step) return rows.push(row) - 1;
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.step ?? 0) < row.step) low = middle + 1;
    else high = middle;
  }
  for (let other = rows[low]; other?.step === row.step; other = rows[low]) {
    if (same(other)) {
      rows[low] = row;
      return low;
    }
    low++;
  }
  rows.splice(low, 0, row);
  return low;
}
