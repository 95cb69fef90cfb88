import { describe, expect, it } from 'vitest';
import type { StepRow } from '../../../src/protocol/run-records';
import { type SeriesMessage, seriesOf } from '../../../src/protocol/series';
import { createSeriesStore } from '../../../webview/shared/series-store';

const stepRow = (step: number, loss = step): StepRow => ({
  kind: 'step',
  step,
  loss,
  tokens: step * 10,
  flops: step * 100,
  elapsedMs: step,
  learningRate: 1,
  gradientNorm: 1,
  tokensPerSecond: 1,
  samplesPerSecond: 1,
  memoryBytes: 1,
});
const message = (offset: number, rows: readonly StepRow[]): SeriesMessage => ({
  type: 'series',
  runId: 'a',
  offset: { steps: offset, evals: 0 },
  ...seriesOf(rows),
});
const rowsFrom = (first: number, count: number) => Array.from({ length: count }, (_, index) => stepRow(first + index));

describe('rows in the page', () => {
  it('grow with appended rows over every doubling, and none is lost or changed', () => {
    const store = createSeriesStore();
    for (let part = 0; part < 50; part++)
      expect(store.apply(message(part * 100, rowsFrom(part * 100 + 1, 100)))).toBe(true);
    const { steps } = store.series();
    expect(steps.step).toHaveLength(5000);
    expect([...steps.step]).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1));
    expect(steps.tokens[4999]).toBe(50_000);
  });

  it('are rewound by an offset in between', () => {
    const store = createSeriesStore();
    store.apply(message(0, rowsFrom(1, 10)));
    store.apply(message(4, [stepRow(5, 99)]));
    expect([...store.series().steps.step]).toEqual([1, 2, 3, 4, 5]);
    expect(store.series().steps.loss[4]).toBe(99);
  });

  it('are replaced by offset 0', () => {
    const store = createSeriesStore();
    store.apply(message(0, rowsFrom(1, 10)));
    store.apply(message(0, rowsFrom(1, 2)));
    expect(store.series().steps.step).toHaveLength(2);
  });

  it('refuse a gap and stay as they were', () => {
    const store = createSeriesStore();
    store.apply(message(0, rowsFrom(1, 3)));
    const revision = store.revision();
    expect(store.apply(message(4, rowsFrom(5, 1)))).toBe(false);
    expect(store.series().steps.step).toHaveLength(3);
    expect(store.revision()).toBe(revision);
  });
});
