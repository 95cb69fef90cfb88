import { describe, expect, it } from 'vitest';
import {
  exact,
  formatBytes,
  formatCount,
  formatDuration,
  formatEstimate,
  formatFlopRate,
  formatFlops,
  formatQuantity,
  formatReal,
  formatShare,
} from '../../src/base/format';

describe('numbers for people', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1.00 k'],
    [524_288, '524 k'],
    [999_499, '999 k'],
    [999_999, '1.00 M'],
    [5_244_672, '5.24 M'],
    [52_446_720, '52.4 M'],
    [9_996_000, '10.0 M'],
    [1_020_000_000, '1.02 B'],
    [-1500, '-1.50 k'],
    [Number.NaN, '?'],
  ])('count %d is %s', (value, text) => expect(formatCount(value)).toBe(text));

  it('keeps exact numbers exact', () => {
    expect(exact(5_244_672)).toBe('5,244,672');
    expect(exact(1234.5)).toBe('1,234.5');
  });

  it('counts nouns', () => {
    expect(formatQuantity(1, 'parameter')).toBe('1 parameter');
    expect(formatQuantity(5_244_672, 'parameter')).toBe('5.24 M parameters');
  });

  it.each([
    [512, '512 B'],
    [1023, '1,023 B'],
    [20_971_520, '20.0 MiB'],
    [1024 ** 3 - 1, '1.00 GiB'],
    [1000 * 1024, '1000 KiB'],
  ])('%d bytes are %s', (value, text) => expect(formatBytes(value)).toBe(text));

  it('has FLOPs and their rate', () => {
    expect(formatFlops(31_457_280)).toBe('31.5 MFLOPs');
    expect(formatFlops(1.5e15)).toBe('1.50 PFLOPs');
    expect(formatFlopRate(8.53e10)).toBe('85.3 GFLOP/s');
  });

  it.each([
    [0, '0%'],
    [0.0004, '<0.1%'],
    [0.004, '0.4%'],
    [0.374, '37%'],
    [1, '100%'],
  ])('share %d is %s', (value, text) => expect(formatShare(value)).toBe(text));

  it.each([
    [0.02, '20 ms'],
    [4.2, '4.2 s'],
    [9.96, '10 s'],
    [59.7, '1 min'],
    [240, '4 min'],
    [3599, '1 h'],
    [4800, '1 h 20 min'],
    [86_399, '1 d'],
    [3 * 86_400 + 4 * 3600, '3 d 4 h'],
    [-1, '?'],
  ])('%d seconds are %s', (value, text) => expect(formatDuration(value)).toBe(text));

  it('says that an estimate is one', () => {
    expect(formatEstimate(240)).toBe('about 4 min');
    expect(formatEstimate(Number.POSITIVE_INFINITY)).toBe('unknown');
  });

  it.each([
    [0.001178, '0.001178'],
    [3e-4, '3e-4'],
    [1.5e-5, '1.5e-5'],
    [3.14561, '3.146'],
    [2e9, '2e9'],
    [100, '100'],
    [0, '0'],
  ])('real %d is %s', (value, text) => expect(formatReal(value)).toBe(text));
});
