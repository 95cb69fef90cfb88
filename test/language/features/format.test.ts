import { expect, it } from 'vitest';
import { applyEdits } from '../../../src/base/text';
import { formatEdits, formatRangeEdits } from '../../../src/language/features/format';
import { format } from '../../../src/language/syntax/printer';

const untidy = 'model   a {\n      vocab=100   # tokens\n\n\n\n  hidden =  64\n  layer x {\n norm   rms\n}\n}\n';

it('makes small edits that give the canonical form', () => {
  const edits = formatEdits(untidy);
  expect(applyEdits(untidy, edits)).toBe(format(untidy));
  expect(edits.length).toBeGreaterThan(3);
  expect(edits.every(({ start, end }) => /^\s*$/.test(untidy.slice(start, end)))).toBe(true);
});

it('changes nothing that is canonical, and nothing that has a syntax error', () => {
  expect(formatEdits(format(untidy))).toEqual([]);
  expect(formatEdits(`${untidy}}`)).toEqual([]);
});

it('changes only the lines asked for', () => {
  const start = untidy.indexOf('norm');
  const done = applyEdits(untidy, formatRangeEdits(untidy, { start, end: start + 4 }));
  expect(done).toContain('    norm rms\n');
  expect(done).toContain('vocab=100   # tokens');
});
