import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { costsOf } from '../../src/architecture/costs';
import type { TextEdit } from '../../src/base/text';
import { analyze } from '../../src/language/analysis/analyze';
import type { Facts } from '../../src/language/analysis/checks/check';
import { checkRows } from '../../src/language/analysis/checks/check-problems';
import { runChecks } from '../../src/language/analysis/checks/run-checks';
import { expectAnnotated } from '../support/annotated';
import { casesIn } from '../support/corpus';

const cases = casesIn('test/language/checks');
const facts: Facts = { machineMemoryBytes: 1024 ** 3, dataBytes: () => 30_000 };
const known = ({ name }: { name: string }) => (name === 'facts' ? facts : undefined);

/** The text after edits. */
const applied = (text: string, edits: readonly TextEdit[]): string =>
  [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce((result, { start, end, newText }) => result.slice(0, start) + newText + result.slice(end), text);

describe('checks', () => {
  test.each(cases)('$name', entry => {
    expectAnnotated(entry.path, text => runChecks(analyze(text).file, known(entry)));
  });

  test('every check is shown in a fixture and explained on a page', () => {
    const all = cases.map(({ path }) => readFileSync(path, 'utf8')).join('\n');
    for (const [code, { docs, title }] of Object.entries(checkRows)) {
      expect(all).toContain(` ${code}: `);
      const page = join(__dirname, '../../docs', `${docs}.md`);
      expect(existsSync(page)).toBe(true);
      expect(readFileSync(page, 'utf8')).toContain(`# ${title}`);
    }
  });

  test('a fix cures what it is offered for, and breaks nothing', () => {
    let fixed = 0;
    for (const entry of cases) {
      for (const { code, fixes, start } of runChecks(analyze(entry.text).file, known(entry))) {
        for (const { edits } of fixes) {
          const after = analyze(applied(entry.text, edits));
          expect(after.problems).toEqual([]);
          const left = runChecks(after.file, known(entry)).filter(
            found => found.code === code && found.start === start,
          );
          expect([entry.name, left]).toEqual([entry.name, []]);
          fixed++;
        }
      }
    }
    expect(fixed).toBeGreaterThan(8);
  });

  test('the wider shape has the size that the message names', () => {
    const deep = cases.find(({ name }) => name === 'deep-and-narrow');
    if (deep === undefined) throw new Error('Expected the fixture.');
    const [found] = runChecks(analyze(deep.text).file);
    const spec = analyze(applied(deep.text, found?.fixes[0]?.edits ?? [])).file.models[0]?.spec;
    if (spec === undefined) throw new Error('Expected a model.');
    expect(found?.message).toContain(`${spec.stack.length} x ${spec.hidden}`);
    const before = analyze(deep.text).file.models[0]?.spec;
    expect(Math.abs(costsOf(spec).total / costsOf(before ?? spec).total - 1)).toBeLessThan(0.1);
  });
});
