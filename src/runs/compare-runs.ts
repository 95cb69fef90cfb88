import type { EvalRow, RunRecord, ShownStatus, StepRow } from '../protocol/run-records';
import type { RunHistory } from './run-history';
import { type Difference, differencesOf } from './spec-settings';

/** A run as it enters a comparison. */
export interface ComparedRun {
  readonly record: RunRecord;
  readonly status: ShownStatus;
  readonly history: Pick<RunHistory, 'steps' | 'evals'>;
}

/** The values of one run beside those of others; `null` where nothing was measured. */
export interface RunSummary {
  readonly id: string;
  readonly name: string;
  readonly status: ShownStatus;
  readonly parameters: number;
  readonly steps: number;
  readonly tokens: number;
  /** Training FLOPs. */
  readonly flops: number;
  /** Training time without pauses and evaluations. */
  readonly elapsedMs: number;
  /** Mean training loss of the last steps: one step alone is noise. */
  readonly trainLoss: number | null;
  readonly validationLoss: number | null;
  readonly bestValidationLoss: number | null;
  readonly bestStep: number | null;
  /** exp of the best validation loss. */
  readonly bestPerplexity: number | null;
  readonly bestBitsPerByte: number | null;
  /** Whole run: tokens over training time. */
  readonly tokensPerSecond: number | null;
  readonly samplesPerSecond: number | null;
  /** Mean of the last steps; null for a model without experts. */
  readonly expertImbalance: number | null;
}

export interface Comparison {
  readonly runs: readonly RunSummary[];
  /** Only the settings that differ. */
  readonly differences: readonly Difference[];
}

/** Steps whose losses and imbalances are averaged into the final ones. */
const lastSteps = 20;

/** Puts runs side by side, in the order given. */
export function compareRuns(runs: readonly ComparedRun[]): Comparison {
  const differences = differencesOf(runs.map(run => run.record.spec));
  return { runs: runs.map(summaryOf), differences: [...differences, ...changedStart(runs, differences)] };
}

/** Runs that name the same start, which had other weights in it when each of them began. */
function changedStart(runs: readonly ComparedRun[], differences: readonly Difference[]): readonly Difference[] {
  const path = 'train.start';
  const hashes = new Set(runs.flatMap(({ record }) => record.startedFrom?.sha256 ?? []));
  if (hashes.size < 2 || differences.some(each => each.path === path)) return [];
  const values = runs.map(({ record: { startedFrom: start } }) =>
    start ? `${start.path} (${start.title}, ${start.sha256.slice(0, 8)})` : null,
  );
  return [{ path, values }];
}

/** The values of one run. */
export function summaryOf({ record, status, history }: ComparedRun): RunSummary {
  const { steps, evals } = history;
  const last = steps.at(-1);
  const best = bestOf(evals);
  const tokens = last?.tokens ?? 0;
  const elapsedMs = last?.elapsedMs ?? 0;
  const tokensPerSecond = elapsedMs > 0 ? (tokens / elapsedMs) * 1000 : null;
  return {
    id: record.id,
    name: record.name,
    status,
    parameters: record.parameters,
    steps: last?.step ?? 0,
    tokens,
    flops: last?.flops ?? 0,
    elapsedMs,
    trainLoss: meanOf(steps.slice(-lastSteps).map(row => row.loss)),
    validationLoss: evals.at(-1)?.loss ?? null,
    bestValidationLoss: best?.loss ?? null,
    bestStep: best?.step ?? null,
    bestPerplexity: best?.perplexity ?? null,
    bestBitsPerByte: best?.bitsPerByte ?? null,
    tokensPerSecond,
    samplesPerSecond: tokensPerSecond === null ? null : tokensPerSecond / record.spec.model.context,
    expertImbalance: recentImbalance(steps),
  };
}

const bestOf = (evals: readonly EvalRow[]): EvalRow | null =>
  evals.reduce<EvalRow | null>((best, row) => (best === null || row.loss < best.loss ? row : best), null);

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** How uneven the load of the experts was over the last steps; null for a model without any. */
export const recentImbalance = (steps: readonly StepRow[]): number | null =>
  meanOf(steps.slice(-lastSteps).flatMap(row => row.expertImbalance ?? []));
