import { type SeriesMessage, seriesOf } from '../protocol/series';
import type { LiveRun } from './run-hub';

/** Rows of a run from two indices on, as a panel takes them. */
export const seriesMessage = (run: LiveRun, from: { steps: number; evals: number }): SeriesMessage => ({
  type: 'series',
  runId: run.id,
  offset: from,
  ...seriesOf([...run.history.steps.slice(from.steps), ...run.history.evals.slice(from.evals)]),
});
