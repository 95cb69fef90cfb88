import fc from 'fast-check';
import { expect, test } from 'vitest';
import { meanVisible } from '../../src/architecture/component';

test('the mean number of visible positions equals the count over every position', () => {
  const maybe = fc.option(fc.integer({ min: 1, max: 300 }));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), maybe, maybe, (context, window, chunk) => {
      const counted = Array.from({ length: context }, (_, i) =>
        Math.min((i % (chunk ?? context)) + 1, window ?? Number.POSITIVE_INFINITY),
      );
      const mean = counted.reduce((a, b) => a + b, 0) / context;
      expect(meanVisible(context, window, chunk)).toBeCloseTo(mean, 9);
    }),
  );
});
