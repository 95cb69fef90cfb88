import { expect, test } from 'vitest';
import { adviceFor, createGuard } from '../../src/training/guard';

const falling = (step: number) => 6 / Math.sqrt(step) + 2;

test.each([
  [Number.NaN, 1, 'loss became NaN at step 7'],
  [Number.POSITIVE_INFINITY, 1, 'loss became Infinity at step 7'],
  [3, Number.NaN, 'gradient norm became NaN at step 7'],
])('a loss of %s with gradient %s breaks the run at once', (loss, norm, seen) => {
  expect(createGuard().check(7, loss, norm)).toMatchObject({ kind: 'broken', seen: expect.stringContaining(seen) });
});

test('a falling loss with noise and single spikes is good', () => {
  const guard = createGuard();
  for (let step = 1; step <= 500; step++) {
    const spike = step % 97 === 0 ? 5 : 0;
    expect(guard.check(step, falling(step) + Math.sin(step) * 0.2 + spike, 1).kind).not.toBe('broken');
  }
});

test('a loss that stays far up is suspicious first and broken after 20 steps', () => {
  const guard = createGuard();
  const kinds: string[] = [];
  for (let step = 1; step <= 300; step++) {
    const verdict = guard.check(step, step <= 200 ? falling(step) : 9, 1);
    kinds.push(verdict.kind);
    if (verdict.kind === 'broken') {
      expect(verdict.seen).toContain('stayed there');
      break;
    }
  }
  expect(kinds.slice(0, 200).every(kind => kind === 'good')).toBe(true);
  expect(kinds.filter(kind => kind === 'suspicious')).toHaveLength(19);
  expect(kinds.at(-1)).toBe('broken');
});

test('the first steps may rise', () => {
  const guard = createGuard();
  for (let step = 1; step <= 50; step++) expect(guard.check(step, 4 + step / 5, 1).kind).toBe('good');
});

test('a guard cut in two judges as one in a piece, also through JSON', () => {
  const losses = Array.from({ length: 260 }, (_, index) => (index < 200 ? falling(index + 1) : 9));
  const whole = createGuard();
  let part = createGuard();
  losses.forEach((loss, index) => {
    part = createGuard(JSON.parse(JSON.stringify(part.state())));
    expect(part.check(index + 1, loss, 1)).toEqual(whole.check(index + 1, loss, 1));
  });
});

test('advice names what the run did not do yet', () => {
  expect(adviceFor({ learningRate: 0.03, clip: null, warmup: 0, precision: 'bf16' })).toBe(
    'Try a lower learning rate (lr = 0.01000), a longer warm-up (warmup = 5%), clip = 1.0 or precision = fp32.',
  );
  expect(adviceFor({ learningRate: 0.03, clip: 1, warmup: 100, precision: 'fp32' })).toBe(
    'Try a lower learning rate (lr = 0.01000).',
  );
});
