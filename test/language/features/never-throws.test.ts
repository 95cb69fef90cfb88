import fc from 'fast-check';
import { expect, it } from 'vitest';
import { applyEdits } from '../../../src/base/text';
import { analysed } from '../../../src/language/features/analysed';
import { formatEdits } from '../../../src/language/features/format';
import { semanticTokens } from '../../../src/language/features/semantic-tokens';
import { format } from '../../../src/language/syntax/printer';
import { corpus, galleryFiles } from './corpus';
import { everyFeature } from './every-feature';

const texts = [...corpus.map(([, text]) => text), ...galleryFiles];
const anyText = fc.constantFrom(...texts);

it('no feature throws at the end of any prefix of any file', () => {
  const prefix = anyText.chain(text => fc.nat(text.length).map(length => text.slice(0, length)));
  fc.assert(
    fc.property(prefix, text => {
      const answers = everyFeature(analysed(text), text.length);
      expect(Object.keys(answers)).toHaveLength(18);
    }),
    { numRuns: 60 },
  );
});

it('no feature throws anywhere in a file with a piece cut out', () => {
  const cut = anyText.chain(text =>
    fc.tuple(fc.nat(text.length), fc.nat(60), fc.nat(text.length)).map(([start, length, offset]) => {
      const rest = text.slice(0, start) + text.slice(start + length);
      return { text: rest, offset: Math.min(offset, rest.length) };
    }),
  );
  fc.assert(
    fc.property(cut, ({ text, offset }) => {
      everyFeature(analysed(text), offset);
    }),
    { numRuns: 60 },
  );
});

it('no feature throws in nonsense made of the words and signs of the language', () => {
  const pieces = fc.constantFrom(
    ...['model', 'layer', 'norm', 'rms', 'attention', 'gqa', 'from', 'train', 'layers', 'hidden', 'sqrt', 'none', 'a'],
    ...[
      '{',
      '}',
      '[',
      ']',
      '(',
      ')',
      '=',
      ',',
      '*',
      '/',
      '-',
      '"',
      '#',
      '\n',
      ' ',
      '7',
      '1e9',
      '5%',
      '\u{1F600}',
      '\r',
    ],
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), fc.nat(200), (parts, at) => {
      const text = parts.join(' ');
      everyFeature(analysed(text), Math.min(at, text.length));
    }),
    { numRuns: 100 },
  );
});

it('the edits of the formatter give what the printer prints, for every file', () => {
  for (const text of texts) {
    const untidy = text.replaceAll('  ', '   ');
    expect(applyEdits(untidy, formatEdits(untidy))).toBe(format(untidy));
  }
});

it('colours never overlap and never span lines', () => {
  for (const text of texts) {
    let end = 0;
    for (const token of semanticTokens(analysed(text))) {
      expect(token.start).toBeGreaterThanOrEqual(end);
      expect(text.slice(token.start, token.end)).not.toMatch(/\n/);
      end = token.end;
    }
  }
});
