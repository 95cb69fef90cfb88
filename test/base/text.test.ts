import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyEdits, lineAt, lineIndex, lineText, offsetAt, positionAt, rangeOf, spanOf } from '../../src/base/text';

describe('lineIndex', () => {
  test('knows every kind of line break', () => {
    const index = lineIndex('a\nbc\r\n\rd');
    expect(index.starts).toEqual([0, 2, 6, 7]);
    expect([0, 1, 2, 3].map(line => lineText(index, line))).toEqual(['a', 'bc', '', 'd']);
  });

  test('counts UTF-16 units, as editors do', () => {
    const index = lineIndex('🙂é\nx');
    expect(positionAt(index, 3)).toEqual({ line: 0, character: 3 });
    expect(positionAt(index, 4)).toEqual({ line: 1, character: 0 });
  });

  test('an offset and its position are the same place', () => {
    const texts = fc.array(fc.constantFrom('a', '\n', '\r\n', '🙂')).map(parts => parts.join(''));
    fc.assert(
      fc.property(texts, fc.nat(60), (text, wanted) => {
        const index = lineIndex(text);
        const offset = Math.min(wanted, text.length);
        // Between \r and \n there is no position of its own.
        if (text.slice(offset - 1, offset + 1) === '\r\n') return;
        expect(offsetAt(index, positionAt(index, offset))).toBe(offset);
        expect(lineAt(index, offset)).toBe(text.slice(0, offset).split('\n').length - 1);
      }),
    );
  });

  test('places outside of the text are moved into it', () => {
    const index = lineIndex('ab\ncd');
    expect(offsetAt(index, { line: 0, character: 99 })).toBe(2);
    expect(offsetAt(index, { line: 9, character: 0 })).toBe(5);
    expect(positionAt(index, 99)).toEqual({ line: 1, character: 2 });
    expect(spanOf(index, rangeOf(index, { start: 1, end: 4 }))).toEqual({ start: 1, end: 4 });
  });
});

describe('applyEdits', () => {
  test('replaces from whatever order', () => {
    const edits = [
      { start: 4, end: 5, newText: 'E' },
      { start: 0, end: 1, newText: '' },
      { start: 2, end: 2, newText: '-' },
    ];
    expect(applyEdits('abcde', edits)).toBe('b-cdE');
  });

  test('edits that overlap are a mistake of the program', () => {
    const edits = [
      { start: 0, end: 3, newText: '' },
      { start: 2, end: 4, newText: '' },
    ];
    expect(() => applyEdits('abcde', edits)).toThrow('overlap');
  });
});
