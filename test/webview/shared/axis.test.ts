import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seriesOf } from '../../../src/protocol/series';
import {
  axisColumn,
  formatPosition,
  formatTick,
  formatValueTick,
  linearTicks,
  logTicks,
} from '../../../webview/shared/axis';

const row = {
  kind: 'eval',
  step: 1,
  tokens: 2,
  flops: 3,
  elapsedMs: 4,
  loss: 5,
  perplexity: 6,
  bitsPerByte: 7,
  evalTokens: 8,
} as const;

describe('axes', () => {
  it('reads positions from the right column', () => {
    const { evals } = seriesOf([row]);
    expect(['step', 'tokens', 'flops', 'time'].map(axis => axisColumn(evals, axis as 'step')[0])).toEqual([1, 2, 3, 4]);
  });

  it('writes positions for people', () => {
    expect(formatPosition('step', 12_345)).toBe('step 12,345');
    expect(formatPosition('tokens', 2_400_000)).toBe('2.40 M tokens');
    expect(formatPosition('time', 187_000)).toBe('3:07 min');
    expect(formatPosition('flops', 1.2e12)).toBe('1.20 TFLOP');
  });

  it('writes ticks without digits that say nothing', () => {
    expect([0, 500, 20_000, 200_000].map(value => formatTick('step', value))).toEqual(['0', '500', '20,000', '200 k']);
    expect([0, 30_000, 60_000, 90_000, 7_200_000].map(value => formatTick('time', value))).toEqual([
      '0',
      '30 s',
      '1 min',
      '1:30 min',
      '2 h',
    ]);
    expect([0, 5e12, 2.5e13].map(value => formatTick('flops', value))).toEqual(['0', '5 TFLOP', '25 TFLOP']);
    expect([0, 4, 0.5, 1e-3, 4.5e-4, 18_000].map(formatValueTick)).toEqual(['0', '4', '0.5', '1e-3', '4.5e-4', '18 k']);
  });

  it('puts ticks on round numbers inside the range', () => {
    expect(linearTicks(0, 2150, 5, 'step')).toEqual([0, 500, 1000, 1500, 2000]);
    expect(linearTicks(0, 3, 10, 'step')).toEqual([0, 1, 2, 3]);
    expect(linearTicks(0, 495_000, 8, 'time')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map(minutes => minutes * 60_000));
    expect(linearTicks(0.2, 0.31, 5, 'value')).toEqual([0.2, 0.22, 0.24, 0.26, 0.28, 0.3]);
  });

  it('puts logarithmic ticks on 1, 2 and 5 while there is room, and linear ones within less than a decade', () => {
    expect(logTicks(1, 100, 8, 'step')).toEqual([1, 2, 5, 10, 20, 50, 100]);
    expect(logTicks(1, 1e8, 9, 'tokens')).toEqual([1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8]);
    expect(logTicks(3.5, 4.6, 5, 'value')).toEqual([3.6, 3.8, 4, 4.2, 4.4, 4.6]);
  });

  it('has ticks in the range, rising, and not too many, for any range', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e12, noNaN: true }),
        fc.double({ min: 1.0001, max: 1e9, noNaN: true }),
        fc.integer({ min: 2, max: 15 }),
        (min, factor, wanted) => {
          const max = min * factor;
          for (const ticks of [linearTicks(min, max, wanted, 'value'), logTicks(min, max, wanted, 'value')]) {
            expect(ticks.length).toBeLessThanOrEqual(2 * wanted + 4);
            ticks.forEach((tick, index) => {
              expect(tick).toBeGreaterThanOrEqual(min * (1 - 1e-6));
              expect(tick).toBeLessThanOrEqual(max * (1 + 1e-6));
              if (index > 0) expect(tick).toBeGreaterThan(ticks[index - 1] ?? 0);
            });
          }
        },
      ),
    );
  });
});
