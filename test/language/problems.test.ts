import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../src/language/analysis/analyze';
import { checkRows } from '../../src/language/analysis/checks/check-problems';
import { problemCodes } from '../../src/language/analysis/problems';
import { expectAnnotated } from '../support/annotated';
import { casesIn } from '../support/corpus';

const cases = casesIn('test/language/problems');

describe('problems', () => {
  test.each(cases)('$name says what is wrong, where it is wrong', ({ path }) => {
    expectAnnotated(path, text => analyze(text).problems);
  });

  // No default of the registry can be illegal today; analysis/resolve.test.ts makes one that is.
  const shownElsewhere = new Set<string>(['default-not-whole']);

  test('every code of the parser and the resolver is shown in a fixture', () => {
    const all = cases.map(({ path }) => readFileSync(path, 'utf8')).join('\n');
    const missing = problemCodes.filter(
      code => !Object.hasOwn(checkRows, code) && !shownElsewhere.has(code) && !all.includes(` ${code}: `),
    );
    expect(missing).toEqual([]);
  });

  test('every fix can be applied to the file', () => {
    for (const { text } of cases) {
      for (const { fixes } of analyze(text).problems) {
        for (const { edits } of fixes) {
          for (const { start, end } of edits) {
            expect(start).toBeLessThanOrEqual(end);
            expect(end).toBeLessThanOrEqual(text.length);
          }
        }
      }
    }
  });

  test('the gallery has no problems', () => {
    for (const { name, text } of casesIn('gallery')) expect([name, analyze(text).problems]).toEqual([name, []]);
  });
});
