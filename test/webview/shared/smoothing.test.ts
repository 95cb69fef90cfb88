import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smooth } from '../../../webview/shared/smoothing';

describe('smooth', () => {
  it('returns the values with weight 0', () => {
    expect([...smooth([3, 1, 4, 1, 5], 0)]).toEqual([3, 1, 4, 1, 5]);
  });

  it('is the weighted mean of all values so far', () => {
    // Weights 0.25, 0.5, 1 (halved with each step back), normalised.
    const [first, second, third] = smooth([8, 4, 2], 0.5);
    expect(first).toBeCloseTo(8, 12);
    expect(second).toBeCloseTo((0.5 * 8 + 4) / 1.5, 12);
    expect(third).toBeCloseTo((0.25 * 8 + 0.5 * 4 + 2) / 1.75, 12);
  });

  it('keeps a constant constant from the first value on: there is no pull to zero', () => {
    for (const value of smooth(new Float64Array(50).fill(7), 0.99)) expect(value).toBeCloseTo(7, 9);
  });

  it('never leaves the range of the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (values, weight) => {
          const [low, high] = [Math.min(...values), Math.max(...values)];
          const slack = 1e-6 * (1 + Math.abs(low) + Math.abs(high));
          for (const value of smooth(values, weight)) {
            expect(value).toBeGreaterThanOrEqual(low - slack);
            expect(value).toBeLessThanOrEqual(high + slack);
          }
        },
      ),
    );
  });

  it('refuses a weight that never forgets', () => {
    expect(() => smooth([1], 1)).toThrow(/\[0, 1\), got 1/);
  });
});
