import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatFlops,
  formatInteger,
  formatMeasure,
  formatPercent,
} from '../../src/base/format';

test.each([
  [formatInteger(5_244_672), '5,244,672'],
  [formatInteger(-1234.6), '-1,235'],
  [formatInteger(999), '999'],
  [formatCount(5_244_672), '5.24 M'],
  [formatCount(96), '96'],
  [formatCount(1000), '1.00 k'],
  [formatCount(999_999), '1.00 M'],
  [formatCount(812_345), '812 k'],
  [formatCount(0), '0'],
  [formatBytes(20 * 1024 * 1024), '20.0 MiB'],
  [formatBytes(12), '12 B'],
  [formatFlops(31_400_000, '/token'), '31.4 MFLOP/token'],
  [formatFlops(12), '12 FLOP'],
  [formatDuration(420), '0.4 s'],
  [formatDuration(9960), '10 s'],
  [formatDuration(59_600), '1:00 min'],
  [formatDuration(187_000), '3:07 min'],
  [formatDuration(8_040_000), '2:14 h'],
  [formatDuration(76 * 3_600_000), '3 d 4 h'],
  [formatPercent(0.54), '54%'],
  [formatPercent(0.031), '3.1%'],
  [formatPercent(0.05), '5%'],
  [formatMeasure(3.41234), '3.412'],
  [formatMeasure(8.1e-4), '8.1e-4'],
  [formatMeasure(0), '0'],
  [formatMeasure(12_345), '12,345'],
])('%s is written %s', (actual, expected) => {
  expect(actual).toBe(expected);
});
