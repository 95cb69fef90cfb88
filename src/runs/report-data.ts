import { readFileSync } from 'node:fs';
import { type Report, type ReportRun, reportVersion } from '../protocol/report';
import type { StepRow } from '../protocol/run-records';
import { seriesOf } from '../protocol/series';
import { type ComparedRun, compareRuns } from './compare-runs';
import { downsample } from './downsample';
import { readExpertLoad } from './expert-load-file';
import { summaryTable } from './export-comparison';
import { runPaths } from './run-folder';
import type { RunHistory } from './run-history';

/** A run with all that a report shows of it. */
export interface ReportedRun extends ComparedRun {
  readonly folder: string;
  readonly history: RunHistory;
}

/** Points per curve: twice the pixels of a wide screen. */
const pointLimit = 2400;
/** Samples are shown from at most this many moments of a run, spread evenly, the last included. */
const sampleMoments = 8;

/** The data of an HTML report on one or several runs. */
export function reportData(runs: readonly ReportedRun[], { made, title }: { made: string; title: string }): Report {
  const comparison = compareRuns(runs);
  return {
    version: reportVersion,
    title,
    made,
    runs: runs.map(reportRun),
    summary: summaryTable(comparison),
    differences: comparison.differences.map(({ path, values }) => ({ label: path, values: [...values] })),
  };
}

function reportRun({ record, status, history, folder }: ReportedRun): ReportRun {
  const { steps, evals } = seriesOf([...thinned(history.steps), ...history.evals]);
  return {
    record,
    shown: status,
    series: {
      type: 'series',
      runId: record.id,
      offset: { steps: 0, evals: 0 },
      steps: plain(steps),
      evals: plain(evals),
    },
    samples: spreadSamples(history),
    experts: readExpertLoad(runPaths(folder).experts),
    source: readSource(folder),
  };
}

/** Rows such that the loss, the gradient norm, the speed and the imbalance of experts all look as if every row was there. */
function thinned(steps: readonly StepRow[]): StepRow[] {
  const x = steps.map(row => row.step);
  const chosen = new Set<number>();
  for (const [column, limit] of [
    ['loss', pointLimit / 2],
    ['gradientNorm', pointLimit / 4],
    ['tokensPerSecond', pointLimit / 4],
    ['expertImbalance', pointLimit / 4],
  ] as const) {
    // Without experts this column is missing from every row, and asks for none.
    if (steps[0]?.[column] === undefined) continue;
    const indices = downsample(
      x,
      steps.map(row => row[column] ?? 0),
      limit,
    );
    for (const index of indices) chosen.add(index);
  }
  return steps.filter((_, index) => chosen.has(index));
}

/** Plain arrays of six digits: what JSON needs, in a third of the bytes. */
const plain = <Name extends string>(columns: Readonly<Record<Name, ArrayLike<number>>>): Record<Name, number[]> =>
  Object.fromEntries(
    Object.entries<ArrayLike<number>>(columns).map(([name, values]) => [
      name,
      Array.from(values, value => Number(value.toPrecision(name === 'step' || name === 'tokens' ? 15 : 6))),
    ]),
  ) as Record<Name, number[]>;

function spreadSamples({ samples }: RunHistory) {
  const moments = [...new Set(samples.map(row => row.step))];
  const kept = new Set(
    moments.filter((_, index) => {
      const fromEnd = moments.length - 1 - index;
      const every = Math.ceil(moments.length / sampleMoments);
      return fromEnd % every === 0;
    }),
  );
  return samples.filter(row => kept.has(row.step));
}

function readSource(folder: string): string {
  try {
    return readFileSync(runPaths(folder).source, 'utf8');
  } catch {
    return '';
  }
}
