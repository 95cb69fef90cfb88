import fc from 'fast-check';
import { expect, test } from 'vitest';
import { meanVisible } from '../../src/architecture/component';

test('the mean number of visible positions equals the count over every position', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.option(fc.integer({ min: 1, max: 300 })), (context, window) => {
      const counted = Array.from({ length: context }, (_, i) => Math.min(i + 1, window ?? Number.POSITIVE_INFINITY));
      expect(meanVisible(context, window)).toBeCloseTo(counted.reduce((a, b) => a + b, 0) / context, 9);
    }),
  );
});
