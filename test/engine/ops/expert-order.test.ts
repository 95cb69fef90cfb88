import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/base/random';
import { chooseTopK, expertLoad, keepTopGroups, orderByExpert } from '../../../src/engine/ops/expert-order';

describe('chooseTopK', () => {
  it('takes the largest, best first', () => {
    expect([...chooseTopK(Float32Array.of(0.1, 0.9, 0.5, 0.7, -1, -3, -2, -4), 4, 2)]).toEqual([1, 3, 0, 2]);
  });

  it('gives equal scores to the lower column', () => {
    expect([...chooseTopK(Float32Array.of(1, 2, 2, 1, 2), 5, 4)]).toEqual([1, 2, 4, 0]);
  });

  it('equals a stable sort', () => {
    const random = createRandom(3);
    for (let round = 0; round < 50; round++) {
      const columns = 1 + random.below(20);
      const topK = 1 + random.below(columns);
      // Few different values, so that there are many ties.
      const scores = Float32Array.from({ length: columns }, () => random.below(5));
      const sorted = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
      expect([...chooseTopK(scores, columns, topK)]).toEqual(sorted.slice(0, topK));
    }
  });

  it('gives legal ids even for scores that are no numbers', () => {
    const chosen = [...chooseTopK(new Float32Array(6).fill(Number.NaN), 6, 3)];
    expect(new Set(chosen).size).toBe(3);
    for (const id of chosen) expect(id >= 0 && id < 6).toBe(true);
  });
});

it('orders choices by expert and keeps the order of the tokens', () => {
  // Three tokens, two choices each; expert 1 gets nothing.
  const { starts, slotOfRow, rowOfSlot } = orderByExpert(Int32Array.of(2, 0, 3, 2, 0, 2), 4);
  expect([...starts]).toEqual([0, 2, 2, 5, 6]);
  expect([...slotOfRow]).toEqual([1, 4, 0, 3, 5, 2]);
  for (const [row, slot] of slotOfRow.entries()) expect(rowOfSlot[slot]).toBe(row);
  expect([...expertLoad(starts)]).toEqual([2, 0, 3, 1]);
});

describe('keepTopGroups', () => {
  const outside = Number.NEGATIVE_INFINITY;

  it('judges a group by the sum of its two best', () => {
    // Best single score in the second group, best pair in the first.
    const kept = keepTopGroups(Float32Array.of(5, 0, 5, 9, 0, 0, 1, 1, 1), 9, { groups: 3, topGroups: 1 });
    expect([...kept]).toEqual([5, 0, 5, outside, outside, outside, outside, outside, outside]);
  });

  it('works row by row', () => {
    const kept = keepTopGroups(Float32Array.of(1, 1, 2, 2, 4, 4, 3, 3), 4, { groups: 2, topGroups: 1 });
    expect([...kept]).toEqual([outside, outside, 2, 2, 4, 4, outside, outside]);
  });

  it('takes groups of one expert by that expert', () => {
    const kept = keepTopGroups(Float32Array.of(1, 3, 2), 3, { groups: 3, topGroups: 2 });
    expect([...kept]).toEqual([outside, 3, 2]);
  });
});
