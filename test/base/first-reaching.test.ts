import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstReaching } from '../../src/base/first-reaching';

const growths: readonly ((place: number) => number)[] = [
  place => 3 * place + 7,
  place => place * place,
  place => Math.floor(place / 5) * 10,
  place => 2 ** Math.min(place, 60),
  place => Math.sqrt(place),
  () => 4,
  // What cannot be built is more than anything.
  place => (place > 40 ? Number.POSITIVE_INFINITY : place),
];

describe('firstReaching', () => {
  it('finds what a walk from the bottom finds', () => {
    const sizes = fc.record({
      growth: fc.constantFrom(...growths),
      goal: fc.integer({ min: -10, max: 3000 }),
      low: fc.integer({ min: 1, max: 30 }),
      span: fc.integer({ min: 0, max: 200 }),
      guess: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(sizes, ({ growth, goal, low, span, guess }) => {
        const high = low + span;
        let expected = low;
        while (expected <= high && growth(expected) < goal) expected++;
        expect(firstReaching(goal, { low, high, guess }, growth)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('looks at few places', () => {
    for (const growth of [(x: number) => 12 * x * x + 8192 * x, (x: number) => 65_536 * x + 1000]) {
      let looks = 0;
      firstReaching(5e7, { low: 1, high: 2 ** 31, guess: 16 }, place => {
        looks++;
        return growth(place);
      });
      expect(looks).toBeLessThan(20);
    }
  });
});
