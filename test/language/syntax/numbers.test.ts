import { expect, test } from 'vitest';
import { parse } from '../../../src/language/syntax/parser';

const numberIn = (written: string) => {
  const [item] = parse(`a = ${written}`).value.items;
  return item?.kind === 'setting' && item.value.kind === 'number' ? item.value.value : undefined;
};

test.each([
  ['8192', 8192],
  ['10k', 10_000],
  ['1.178k', 1178],
  ['50M', 5e7],
  ['1.5B', 1.5e9],
  ['32Ki', 32_768],
  ['2Mi', 2_097_152],
  ['1Gi', 1_073_741_824],
  ['5%', 0.05],
  ['110%', 1.1],
  ['5.3%', 0.053],
  ['1.178e-3', 1.178e-3],
  ['1e3k', 1e6],
  ['.5', 0.5],
  ['50_000', 50_000],
])('%s is exactly %d', (written, value) => {
  expect(numberIn(written)).toBe(value);
});
