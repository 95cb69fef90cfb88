import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { costsOf } from '../../src/architecture/costs';
import type { TextEdit } from '../../src/base/text';
import { unfitsOf } from '../../src/exchange/unfits';
import { analyze } from '../../src/language/analysis/analyze';
import { type Facts, noFacts } from '../../src/language/analysis/checks/check';
import { checkRows } from '../../src/language/analysis/checks/check-problems';
import { runChecks } from '../../src/language/analysis/checks/run-checks';
import { expectAnnotated } from '../support/annotated';
import { casesIn } from '../support/corpus';

const cases = casesIn('test/language/checks');
const facts: Facts = { ...noFacts, machineMemoryBytes: 1024 ** 3, dataBytes: () => 30_000 };
/** Starts by what is wrong with them; those of the name `read` are of a run that read the bundled corpus. */
const starts: Facts = {
  ...noFacts,
  startOf(start, model) {
    const fine = { problem: null, title: 'llama', data: null, hasTokenizer: true, misfit: null, otherwise: null };
    const differs = { there: '256', here: String(model?.hidden), more: 0 };
    if (start === 'gone') return { ...fine, problem: 'There is no gone here. Name a folder.', hasTokenizer: false };
    if (start === 'mute') return { ...fine, hasTokenizer: false };
    if (start === 'large' && model?.hidden !== 256) return { ...fine, misfit: { setting: 'hidden', ...differs } };
    if (start === 'deep') return { ...fine, misfit: { setting: 'layers', there: '4', here: '2', more: 2 } };
    if (start === 'turned') {
      const setting = 'position.theta in layer 1';
      return { ...fine, otherwise: { setting, there: '500000', here: '10000', more: 1 } };
    }
    if (start !== 'read') return fine;
    const tokenizer = { id: 'tokenizer.bpe', config: { vocab: 512 } } as const;
    return { ...fine, title: 'run x', data: { source: null, textField: 'text', holdout: 0.05, tokenizer } };
  },
};
const known = ({ name }: { name: string }) =>
  ({ facts, start: starts, 'not-exportable': { ...noFacts, unfitsOf } })[name];

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
