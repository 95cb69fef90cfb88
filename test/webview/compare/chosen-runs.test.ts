import { describe, expect, it } from 'vitest';
import { seriesOf } from '../../../src/protocol/series';
import { createChosenRuns } from '../../../webview/compare/chosen-runs';
import { depthVersusWidth, recordOf, rowsOf } from '../../e2e/pages/fixtures';

const runs = depthVersusWidth.map(fake => ({ record: recordOf(fake), shown: 'completed' as const }));
const [a = '', b = '', c = ''] = runs.map(({ record }) => record.id);
const rowsMessage = (runId: string, offset = 0) => ({
  type: 'series' as const,
  runId,
  offset: { steps: offset, evals: 0 },
  ...seriesOf(depthVersusWidth[0] === undefined ? [] : rowsOf(depthVersusWidth[0], 5)),
});

describe('chosen runs', () => {
  it('keep their colour while others come and go', () => {
    const chosen = createChosenRuns([]);
    chosen.choose([a, b, c]);
    expect([a, b, c].map(chosen.slot)).toEqual([0, 1, 2]);
    chosen.choose([b, c]);
    expect([a, b, c].map(chosen.slot)).toEqual([null, 1, 2]);
    chosen.choose([b, c, a]);
    expect([a, b, c].map(chosen.slot)).toEqual([0, 1, 2]);
  });

  it('are drawn once they are known and have rows', () => {
    const chosen = createChosenRuns([a, b]);
    expect(chosen.missing()).toEqual([a, b]);
    expect(chosen.apply(rowsMessage(a))).toBe(true);
    expect(chosen.drawn()).toEqual([]);
    chosen.setRuns(runs);
    expect(chosen.drawn().map(run => [run.id, run.series.steps.step.length])).toEqual([[a, 5]]);
    expect(chosen.missing()).toEqual([b]);
  });

  it('notice rows that begin in the middle', () => {
    const chosen = createChosenRuns([a]);
    expect(chosen.apply(rowsMessage(a, 3))).toBe(false);
    expect(chosen.missing()).toEqual([a]);
  });

  it('are not chosen twice', () => {
    expect(createChosenRuns([a, a]).ids()).toEqual([a]);
  });
});
