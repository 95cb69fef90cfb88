import { expect, test } from 'vitest';
import { fromRowGroups, toRowGroups } from '../../src/exchange/hugging-face/row-groups';

test('Qwen3-Next: rows by key head in the checkpoint, by part in the table', () => {
  // Two key heads; parts of 2 and 4 rows; two columns.
  const entry = { shape: { rows: 6, hidden: 2 }, hfRows: { groups: 2, parts: [2, 4] } };
  const published = Float32Array.of(1, -1, 11, -11, 12, -12, 2, -2, 13, -13, 14, -14);
  const table = Float32Array.of(1, -1, 2, -2, 11, -11, 12, -12, 13, -13, 14, -14);
  expect(fromRowGroups(published, entry)).toEqual(table);
  expect(toRowGroups(table, entry)).toEqual(published);
  expect(fromRowGroups(published, { shape: entry.shape })).toBe(published);
});
