import * as v from 'valibot';
import { expect, test } from 'vitest';
import { expertLoadSchema, imbalanceOf, worstImbalance } from '../../src/protocol/expert-load';

test('imbalance is the load of the busiest over the even load', () => {
  expect(imbalanceOf([5, 5, 5, 5])).toBe(1);
  expect(imbalanceOf(Int32Array.of(1, 3, 4, 0))).toBe(2);
  // All tokens choose the same two of eight: experts / top_k.
  expect(imbalanceOf([100, 100, 0, 0, 0, 0, 0, 0])).toBe(4);
  expect(imbalanceOf([7])).toBe(1);
  expect(imbalanceOf([0, 0])).toBe(1);
});

test('of several layers the worst counts; without layers there is no number', () => {
  expect(
    worstImbalance([
      [1, 1],
      [3, 1],
      [1, 2],
    ]),
  ).toBe(1.5);
  expect(worstImbalance([])).toBeNull();
});

const load = { version: 1, firstStep: 3, lastStep: 52, layers: [{ path: 'layers.0.ffn', tokens: [3, 0, 5] }] };

test('the guard takes what the trainer writes', () => {
  expect(v.parse(expertLoadSchema, JSON.parse(JSON.stringify(load)))).toEqual(load);
});

test.each([
  ['a newer version', { ...load, version: 2 }],
  ['no layers', { ...load, layers: [] }],
  ['a step before the first', { ...load, firstStep: 0 }],
  ['counts below zero', { ...load, layers: [{ path: 'a', tokens: [1, -1] }] }],
  ['counts that are not whole', { ...load, layers: [{ path: 'a', tokens: [0.5] }] }],
  ['counts of no expert', { ...load, layers: [{ path: 'a', tokens: [] }] }],
  ['counts that are text', { ...load, layers: [{ path: 'a', tokens: ['1'] }] }],
  ['a layer without a path', { ...load, layers: [{ tokens: [1] }] }],
])('the guard refuses %s', (_, value) => {
  expect(v.safeParse(expertLoadSchema, value).success).toBe(false);
});
