import fc from 'fast-check';
import { expect, test } from 'vitest';
import { downsample } from '../../src/runs/downsample';

const numbers = (length: number, value: (index: number) => number) =>
  Array.from({ length }, (_, index) => value(index));

test('a spike of one point in 20,000 is kept, and the ends are', () => {
  for (const spike of [0, 1, 9_999, 13_333, 19_998, 19_999]) {
    const y = numbers(20_000, index => (index === spike ? 100 : Math.sin(index / 500)));
    const chosen = downsample(
      numbers(20_000, index => index),
      y,
      1000,
    );
    expect(chosen.length).toBeLessThanOrEqual(1000);
    expect(chosen).toContain(spike);
    expect(chosen[0]).toBe(0);
    expect(chosen.at(-1)).toBe(19_999);
  }
});

test('short curves stay whole; values that are not finite are left out', () => {
  expect(downsample([1, 2, 3], [5, Number.NaN, 7], 100)).toEqual([0, 2]);
  expect(downsample([], [], 8)).toEqual([]);
  expect(() => downsample([1], [1], 3)).toThrow('at least 8');
});

test('any curve: rising indices, within the limit, with its extremes and ends', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(1e6), fc.double({ min: -1e9, max: 1e9, noNaN: true })), {
        minLength: 1,
        maxLength: 400,
      }),
      fc.integer({ min: 8, max: 100 }),
      (points, limit) => {
        const x = points.map(([value]) => value).sort((a, b) => a - b);
        const y = points.map(([, value]) => value);
        const chosen = downsample(x, y, limit);
        expect(chosen.length).toBeLessThanOrEqual(Math.max(limit, 8));
        expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
        expect(chosen[0]).toBe(0);
        expect(chosen.at(-1)).toBe(x.length - 1);
        const kept = chosen.map(index => y[index]);
        expect(kept).toContain(Math.max(...y));
        expect(kept).toContain(Math.min(...y));
      },
    ),
    { numRuns: 200 },
  );
});
