import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../src/language/analysis/analyze';
import { parse } from '../../src/language/syntax/parser';
import { format } from '../../src/language/syntax/printer';
import { children, type Node, pathAt } from '../../src/language/syntax/tree';
import { corpus } from '../support/corpus';
import { printTree } from '../support/print-tree';

const cases = corpus();
const texts = cases.map(({ text }) => text);

/** Pieces from which mistakes are made. */
const scraps = fc.oneof(
  fc.constantFrom(
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '=',
    ',',
    '\n',
    '  ',
    '#',
    '"',
    "'",
    '*',
    '-',
    '/',
    ':',
    '.',
    '%',
    'from ',
    '//',
  ),
  fc.constantFrom(
    'model',
    'layer x',
    'norm rms',
    'attention',
    'hidden = ',
    '10K',
    '1.2.3',
    'sqrt(',
    'none',
    'layers = a * 1e9',
    'é',
    '🙂',
    '\r\n',
  ),
  fc.string({ maxLength: 5 }),
);

/** A file of the corpus with a few random edits. */
const edited = fc
  .tuple(
    fc.constantFrom(...texts),
    fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(20), scraps), { minLength: 1, maxLength: 4 }),
  )
  .map(([text, edits]) =>
    edits.reduce((current, [place, length, scrap]) => {
      const start = Math.floor(place * current.length);
      return current.slice(0, start) + scrap + current.slice(start + length);
    }, text),
  );

/** Throws by hand: millions of nodes pass through here. */
function assertNested(node: Node): void {
  let end = node.start;
  for (const child of children(node)) {
    if (child.start < end || child.end < child.start || child.end > node.end) {
      const place = `${child.start}-${child.end}`;
      throw new Error(
        `expected a ${child.kind} between ${end} and the end of its ${node.kind} ${node.end}, got ${place}`,
      );
    }
    end = child.end;
    assertNested(child);
  }
}

function assertSound(text: string): void {
  const { document, problems } = analyze(text);
  assertNested(document);
  for (const { code, start, end } of problems) {
    if (start < 0 || end < start || end > text.length)
      throw new Error(`expected a place in the text for ${code}, got ${start}-${end}`);
  }
}

describe('whatever is typed', () => {
  test.each(cases)('no beginning of $name makes the parser or the resolver throw', ({ text }) => {
    for (let length = 0; length <= text.length; length += 1 + (length % 13)) assertSound(text.slice(0, length));
  });

  test('random edits: nothing throws, and nodes lie inside each other in order', () => {
    fc.assert(fc.property(edited, assertSound), { numRuns: 200 });
  });

  test('text without any sense', () => {
    fc.assert(
      fc.property(fc.array(scraps, { maxLength: 60 }), parts => assertSound(parts.join(''))),
      { numRuns: 200 },
    );
  });

  test('deep and long text does not exhaust the stack', () => {
    const long = 30_000;
    for (const text of [
      `a = ${'('.repeat(long)}`,
      `a = ${'['.repeat(long)}`,
      `a = ${'-'.repeat(long)}1`,
      `a = ${'1 + '.repeat(long)}1`,
      'a {'.repeat(long),
      '}'.repeat(long),
      `a = ${'sqrt('.repeat(long)}`,
      Array.from({ length: 150 }, (_, index) => `model m${index} from m${index + 1} { }`).join('\n'),
      `model m { layers = ${'('.repeat(50)}a${' * 1000)'.repeat(50)}  layer a {} }`,
    ]) {
      analyze(text);
      expect(format(text).length).toBeGreaterThan(0);
    }
  });

  test('what stands between items is blank: nothing is lost', () => {
    fc.assert(
      fc.property(edited, text => {
        const { value } = parse(text);
        let end = 0;
        for (const item of value.items) {
          expect(
            text
              .slice(end, item.start)
              .replace(/^\ufeff/, '')
              .trim()
              .replaceAll(',', ''),
          ).toBe('');
          end = item.end;
        }
        expect(text.slice(end).trim().replaceAll(',', '')).toBe('');
      }),
      { numRuns: 200 },
    );
  });
});

describe('formatting', () => {
  const wellFormed = edited.filter(text => parse(text).problems.length === 0);

  test('is idempotent and keeps the tree, comments included', () => {
    let changed = 0;
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...texts), wellFormed), text => {
        const formatted = format(text);
        if (formatted !== text) changed++;
        expect(format(formatted)).toBe(formatted);
        expect(printTree(parse(formatted).value, { offsets: false })).toBe(
          printTree(parse(text).value, { offsets: false }),
        );
      }),
      { numRuns: 200 },
    );
    expect(changed).toBeGreaterThan(0);
  });

  test('leaves a file with syntax errors alone', () => {
    fc.assert(
      fc.property(
        edited.filter(text => parse(text).problems.length > 0),
        text => {
          expect(format(text)).toBe(text);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('keeps the kind of line breaks', () => {
    expect(format('model m {\r\nvocab=1\r\n}\r\n')).toBe('model m {\r\n  vocab = 1\r\n}\r\n');
  });
});

describe('pathAt', () => {
  test('leads from the file to the innermost node at an offset', () => {
    const text = 'model m { norm rms { epsilon = 1e-6 } }';
    const kinds = (offset: number) => pathAt(parse(text).value, offset).map(({ kind }) => kind);
    expect(kinds(text.indexOf('1e-6') + 2)).toEqual([
      'document',
      'block',
      'body',
      'block',
      'body',
      'setting',
      'number',
    ]);
    expect(kinds(text.indexOf('rms') + 3)).toEqual(['document', 'block', 'body', 'block', 'word']);
    expect(kinds(text.length)).toEqual(['document', 'block', 'body']);
  });
});
