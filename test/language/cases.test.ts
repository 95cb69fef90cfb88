import { describe, test } from 'vitest';
import { parse } from '../../src/language/syntax/parser';
import { format } from '../../src/language/syntax/printer';
import { expectBaseline } from '../support/annotated';
import { casesIn } from '../support/corpus';
import { printTree } from '../support/print-tree';

describe('corpus', () => {
  test.each(casesIn('test/language/cases'))('$name: tree and canonical form', ({ path, text }) => {
    const { value, problems } = parse(text);
    const said = problems.map(({ code, start, end }) => `${start}-${end} ${code}\n`).join('');
    expectBaseline(path.replace('.supra', '.tree.txt'), said + printTree(value, { offsets: true }));
    expectBaseline(path.replace('.supra', '.formatted.supra'), format(text));
  });
});
