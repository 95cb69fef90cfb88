import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charVocabulary, createChars } from '../../../src/data/tokenizers/chars';
import { tokenizerFromJson } from '../../../src/data/tokenizers/tokenizer-from-json';

const vocabulary = charVocabulary('hello, wörld 😀 海\t"0123"constructor');
const chars = createChars(vocabulary);

describe('chars', () => {
  it('has unknown, line break, then what was seen by code point', () => {
    expect(charVocabulary('ba\ud800a😀')).toEqual(['\ufffd', '\n', 'a', 'b', '😀']);
    expect(chars).toMatchObject({ vocabSize: vocabulary.length, endOfText: null });
  });

  it('gives the text back, with U+FFFD for what it does not know', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...vocabulary)), characters => {
        const text = characters.join('');
        expect(chars.decode(chars.encode(text))).toBe(text);
        expect(chars.encode(text)).toHaveLength(characters.length);
      }),
    );
    expect(chars.decode(chars.encode('heyZ\ud800'))).toBe('he\ufffd\ufffd\ufffd');
  });

  it('is read by Hugging Face with the same ids', () => {
    const library = new HuggingFaceTokenizer(JSON.parse(JSON.stringify(chars.toJson())), {
      clean_up_tokenization_spaces: false,
    });
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...vocabulary, 'Z', '🙃'), minLength: 1 }), text => {
        const ids = chars.encode(text);
        expect(library.encode(text, { add_special_tokens: false }).ids).toEqual(ids);
        expect(library.decode(ids)).toBe(chars.decode(ids));
      }),
    );
  });

  it('comes back the same from its tokenizer.json', () => {
    const again = tokenizerFromJson(JSON.parse(JSON.stringify(chars.toJson())));
    expect(again.value?.kind).toBe('chars');
    expect(again.value?.encode('hello 😀?')).toEqual(chars.encode('hello 😀?'));
  });

  it('refuses a vocabulary without its unknown character, and ids it does not have', () => {
    expect(() => createChars(['a'])).toThrow('U+FFFD');
    expect(() => chars.decode([999])).toThrow('999');
  });
});
