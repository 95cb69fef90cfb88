import { expect, test } from 'vitest';
import { learningRateAt } from '../../src/training/schedule';

const rates = (id: Parameters<typeof learningRateAt>[0]['id'], config: Record<string, number | string>, steps = 100) =>
  Array.from({ length: steps }, (_, index) => learningRateAt({ id, config }, 2, index + 1, steps));

test('the warm-up is a straight line from peak / n to the peak, given as a share or in steps', () => {
  for (const warmup of [0.1, 10]) {
    const constant = rates('schedule.constant', { warmup });
    expect(constant.slice(0, 11)).toEqual(
      [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8, 2, 2].map(value => expect.closeTo(value)),
    );
    expect(constant.at(-1)).toBe(2);
  }
  expect(rates('schedule.constant', { warmup: 0 })[0]).toBe(2);
});

test.each(['schedule.linear', 'schedule.cosine'] as const)('%s falls from the peak to the floor', id => {
  const all = rates(id, { warmup: 0.1, floor: 0.25 });
  expect(all[9]).toBe(2);
  expect(all.at(-1)).toBeCloseTo(0.5);
  for (let step = 10; step < 100; step++) expect(all[step]).toBeLessThan(all[step - 1] as number);
  expect(all[54]).toBeCloseTo((2 + 0.5) / 2);
});

test('wsd holds the peak and then decays in its shape', () => {
  for (const [shape, middle] of [
    ['linear', 0.5],
    ['sqrt', 1 - Math.SQRT1_2],
    ['cosine', 0.5],
  ] as const) {
    const all = rates('schedule.wsd', { warmup: 0.1, floor: 0, decay: 0.2, shape });
    expect(all.slice(9, 80).every(rate => rate === 2)).toBe(true);
    expect(all[89]).toBeCloseTo(2 * middle);
    expect(all.at(-1)).toBeCloseTo(0);
  }
  expect(rates('schedule.wsd', { warmup: 0, floor: 0, decay: 20, shape: 'linear' })[79]).toBe(2);
});

test('a warm-up longer than the run never reaches the peak; a schedule of one step works', () => {
  expect(Math.max(...rates('schedule.cosine', { warmup: 1000, floor: 0.1 }))).toBe(2);
  for (const id of ['schedule.cosine', 'schedule.linear', 'schedule.wsd'] as const) {
    expect(rates(id, { warmup: 0, floor: 0.1, decay: 0.2, shape: 'linear' }, 1).every(Number.isFinite)).toBe(true);
  }
});

test('an unknown schedule is a programmer error', () => {
  expect(() => learningRateAt({ id: 'schedule.zigzag' as never, config: {} }, 1, 1, 1)).toThrow('schedule.zigzag');
});
