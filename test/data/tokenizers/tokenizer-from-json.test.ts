import { describe, expect, it } from 'vitest';
import { byteSpelling } from '../../../src/base/byte-spelling';
import { describeProblem } from '../../../src/data/problems';
import { tokenizerFromJson } from '../../../src/data/tokenizers/tokenizer-from-json';

/** A tokenizer like that of BERT, which no code of ours can run. */
const wordPiece = {
  version: '1.0',
  added_tokens: [
    { id: 0, content: '[UNK]', special: true, lstrip: false, rstrip: false, single_word: false, normalized: false },
    { id: 6, content: '</s>', special: true, lstrip: false, rstrip: false, single_word: false, normalized: false },
  ],
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: null,
  decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: { '[UNK]': 0, whale: 1, '##s': 2, the: 3, '.': 4, sea: 5 },
  },
};

/** GPT-2's shape: bytes in GPT-2's order, merges as pairs, a word "constructor" that objects know. */
function gpt2Like() {
  const vocab: Record<string, number> = {};
  for (const spelling of [...byteSpelling].sort()) vocab[spelling] = Object.keys(vocab).length;
  const merges = [
    ['c', 'o'],
    ['n', 's'],
    ['co', 'ns'],
    ['Ġ', 'cons'],
  ] as const;
  for (const [left, right] of merges) vocab[left + right] = Object.keys(vocab).length;
  const end = Object.keys(vocab).length;
  vocab['<|endoftext|>'] = end;
  const token = { content: '<|endoftext|>', id: end, lstrip: false, rstrip: false, single_word: false, special: true };
  return {
    added_tokens: [{ ...token, normalized: false }],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
    post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
    model: {
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}

describe('tokenizerFromJson', () => {
  it('runs what it does not know itself through the library', () => {
    const { value, problems } = tokenizerFromJson(wordPiece);
    expect(problems).toEqual([]);
    expect(value).toMatchObject({ kind: 'hf', vocabSize: 7, endOfText: 6 });
    expect(value?.encode('The whales. Xyz')).toEqual([3, 1, 2, 4, 0]);
    expect(value?.decode([3, 1, 2])).toBe('the whales');
    expect(value?.encode('')).toEqual([]);
    expect(value?.decode([])).toBe('');
    expect(value?.toJson()).toBe(wordPiece);
  });

  it('takes the end of text that the configuration names', () => {
    expect(tokenizerFromJson(wordPiece, { endToken: '[UNK]' }).value?.endOfText).toBe(0);
    expect(tokenizerFromJson(wordPiece, { endToken: '<none>' }).value?.endOfText).toBeNull();
  });

  it('encodes byte-level tokenizers of others with their ids, as the library does', () => {
    const json = gpt2Like();
    const own = tokenizerFromJson(json).value;
    expect(own).toMatchObject({ kind: 'bpe', endOfText: 260, vocabSize: 261 });
    // A setting that is not ours sends the same vocabulary to the library.
    const library = tokenizerFromJson({ ...json, model: { ...json.model, byte_fallback: true } }).value;
    expect(library?.kind).toBe('hf');
    for (const text of ['a constructor cons', 'é海<|endoftext|> x', '__proto__']) {
      expect(own?.encode(text)).toEqual(library?.encode(text));
      expect(own?.decode(own.encode(text))).toBe(text);
    }
  });

  it.each([
    ['null', null],
    ['a number', 7],
    ['no model', { added_tokens: [] }],
    ['an unknown model', { ...wordPiece, model: { type: 'Nonsense', vocab: {} } }],
    ['no vocabulary', { ...wordPiece, model: { type: 'BPE' } }],
  ])('says what is wrong with %s', (_name, json) => {
    const { value, problems } = tokenizerFromJson(json, { file: 'mine/tokenizer.json' });
    expect(value).toBeNull();
    expect(problems).toMatchObject([{ code: 'tokenizer-file', severity: 'error', file: 'mine/tokenizer.json' }]);
    expect(describeProblem(problems[0] as (typeof problems)[0])).toMatch(/^mine\/tokenizer\.json: .*(Take|Use) /);
  });

  it('says which text a tokenizer without unknown token cannot encode', () => {
    const { unk_token: _, ...model } = wordPiece.model;
    const { value } = tokenizerFromJson({ ...wordPiece, model: { ...model, vocab: { a: 1 } } });
    // Either it is refused at once, or with the first text that it cannot encode: never an undefined id.
    if (value !== null) expect(() => value.encode('zebra')).toThrow();
    else expect(value).toBeNull();
  });
});
