import { expect, test } from 'vitest';
import { isSuppressed, suppressionsOf } from '../../../src/language/analysis/suppressions';
import { parse } from '../../../src/language/syntax/parser';

const found = (text: string) => [...suppressionsOf(parse(text).value)].map(([line, codes]) => [line, [...codes]]);

test('a comment behind a line is about that line', () => {
  expect(found('a = 1\nb = 2 # supra-ignore one-code, other-code\n')).toEqual([[1, ['one-code', 'other-code']]]);
});

test('a comment on its own line is about the next line that is no comment', () => {
  expect(found('# supra-ignore one\n# because\na = 1\n')).toEqual([[2, ['one']]]);
  expect(found('# supra-ignore one\n# supra-ignore two: they say so\na = 1 # supra-ignore: three\n')).toEqual([
    [2, ['one', 'two', 'three']],
  ]);
});

test('words behind the codes are for people, other comments for nobody else', () => {
  expect(found('a = 1 # supra-ignore odd-width on purpose\nb = 2 # ignore\n# supra-ignored x\n')).toEqual([
    [0, ['odd-width']],
  ]);
});

test('warnings are silenced, errors never', () => {
  const silenced = suppressionsOf(parse('a = 1 # supra-ignore unused-layer\n').value);
  const problem = { code: 'unused-layer', message: '', start: 0, end: 1, related: [], fixes: [] } as const;
  expect(isSuppressed(silenced, 0, { ...problem, severity: 'warning' })).toBe(true);
  expect(isSuppressed(silenced, 1, { ...problem, severity: 'warning' })).toBe(false);
  expect(isSuppressed(silenced, 0, { ...problem, code: 'not-whole', severity: 'warning' })).toBe(false);
  expect(isSuppressed(silenced, 0, { ...problem, severity: 'error' })).toBe(false);
});
