import { expect, test } from 'vitest';
import { editDistance, nearest } from '../../../src/language/analysis/suggest';

test.each([
  ['hiden', 'hidden'],
  ['kvheads', 'kv_heads'],
  ['swiglue', 'swiglu'],
  ['haeds', 'heads'],
  ['Hidden', 'hidden'],
  ['voc', 'vocab'],
])('%s was probably %s', (written, meant) => {
  expect(nearest(written, ['hidden', 'heads', 'kv_heads', 'vocab', 'swiglu', 'none'])).toBe(meant);
});

test('words that share nothing are no suggestion', () => {
  expect(nearest('banana', ['hidden', 'heads', 'vocab'])).toBeUndefined();
  expect(nearest('x', ['y'])).toBeUndefined();
});

test('swapped neighbours are one slip', () => {
  expect([editDistance('haed', 'head', 9), editDistance('', 'ab', 9), editDistance('kitten', 'sitting', 9)]).toEqual([
    1, 2, 3,
  ]);
});
