import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimate, nearestIndex, type Window } from '../../../webview/shared/decimate';

const all = (length: number, pixels: number): Window => ({ from: 0, to: length - 1, pixels, logX: false, logY: false });
const steps = (length: number) => Float64Array.from({ length }, (_, index) => index);

describe('decimate', () => {
  it('keeps every point while there are few', () => {
    const y = [5, 3, 8, 1];
    expect(decimate(steps(4), y, all(4, 10))).toEqual(y.map((value, x) => ({ x, y: value })));
  });

  it('never hides a spike, wherever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 19_999 }), fc.boolean(), (place, up) => {
        const y = new Float64Array(20_000).fill(4);
        y[place] = up ? 9 : 1;
        const points = decimate(steps(20_000), y, all(20_000, 400));
        expect(points).toContainEqual({ x: place, y: up ? 9 : 1 });
        expect(points.length).toBeLessThanOrEqual(4 * 402);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps first, lowest, highest and last of every column of pixels, in order', () => {
    const length = 1000;
    const x = steps(length);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: length, maxLength: length }),
        y => {
          const points = decimate(x, y, { from: 0, to: 1000, pixels: 10, logX: false, logY: false });
          for (let index = 1; index < points.length; index++)
            expect(points[index]?.x ?? 0).toBeGreaterThan(points[index - 1]?.x ?? 0);
          for (let column = 0; column < 10; column++) {
            const inColumn = (place: number) => Math.floor(place / 100) === column;
            const kept = points.filter(point => inColumn(point.x));
            const values = y.slice(column * 100, column * 100 + 100);
            expect(kept.length).toBeLessThanOrEqual(4);
            expect(Math.min(...kept.map(point => point.y))).toBe(Math.min(...values));
            expect(Math.max(...kept.map(point => point.y))).toBe(Math.max(...values));
            expect(kept[0]?.x).toBe(column * 100);
            expect(kept.at(-1)?.x).toBe(column * 100 + 99);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('keeps one point beyond each edge of the window, so that the line reaches the frame', () => {
    const points = decimate(steps(100), steps(100), { from: 40.5, to: 60.5, pixels: 500, logX: false, logY: false });
    expect(points[0]?.x).toBe(40);
    expect(points.at(-1)?.x).toBe(61);
    const dense = decimate(steps(10_000), steps(10_000), {
      from: 4000.5,
      to: 6000.5,
      pixels: 50,
      logX: false,
      logY: false,
    });
    expect(dense[0]?.x).toBe(4000);
    expect(dense.at(-1)?.x).toBe(6001);
  });

  it('leaves out what a logarithmic axis cannot show', () => {
    const window = { from: 1, to: 9, pixels: 100, logX: true, logY: true };
    expect(decimate([0, 1, 2, 3, 9], [5, -1, 0, 7, 8], window)).toEqual([
      { x: 3, y: 7 },
      { x: 9, y: 8 },
    ]);
    const y = steps(5000).map(value => (value % 7 === 0 ? 0 : value));
    const dense = decimate(steps(5000), y, { from: 1, to: 4999, pixels: 20, logX: true, logY: true });
    expect(dense.length).toBeGreaterThan(20);
    expect(dense.every(point => point.x > 0 && point.y > 0)).toBe(true);
  });

  it('cuts a logarithmic axis into columns of the same width in pixels', () => {
    const x = steps(100_001).subarray(1);
    const points = decimate(x, x, { from: 1, to: 100_000, pixels: 100, logX: true, logY: false });
    const perDecade = [1, 2, 3, 4].map(
      power => points.filter(point => Math.floor(Math.log10(point.x)) === power).length,
    );
    // 20 columns of a decade, at most four points each; below 100 there are fewer values than columns want.
    for (const count of perDecade.slice(1)) expect(count).toBeGreaterThan(20);
    for (const count of perDecade) expect(count).toBeLessThanOrEqual(84);
  });

  it('has nothing to say about no values, and stays calm with a window of no width', () => {
    expect(decimate([], [], all(1, 100))).toEqual([]);
    const same = new Float64Array(1000).fill(3);
    expect(
      decimate(same, steps(1000), { from: 3, to: 3, pixels: 10, logX: false, logY: false }).length,
    ).toBeGreaterThan(0);
  });
});

describe('nearestIndex', () => {
  it('finds what a search through all finds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: -50, max: 550 }),
        (unsorted, target) => {
          const values = unsorted.sort((a, b) => a - b);
          const distance = (value: number | undefined) => Math.abs((value ?? Number.NaN) - target);
          expect(distance(values[nearestIndex(values, target)])).toBe(Math.min(...values.map(distance)));
        },
      ),
    );
    expect(nearestIndex([], 3)).toBe(-1);
  });
});
