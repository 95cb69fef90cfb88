import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteSpelling } from '../../../src/base/byte-spelling';
import { createBpe } from '../../../src/data/tokenizers/bpe';
import { wordPattern } from '../../../src/data/tokenizers/byte-level';
import { createBytes } from '../../../src/data/tokenizers/bytes';
import { tokenizerFromJson } from '../../../src/data/tokenizers/tokenizer-from-json';
import { createWordCounter, trainBpe } from '../../../src/data/tokenizers/train-bpe';
import { sampleText } from '../workspace';

async function train(text: string, vocabSize: number) {
  const words = createWordCounter();
  words.add(text);
  return trainBpe(words.counts, { vocabSize });
}

const corpus =
  `${sampleText(1, 30)}\n\n don't we'll ------- ======== 海海海海 😀😀😀 aaaaaaaaaaaaaaaaaaaa\n\n\n\tx  y   z\r\n`.repeat(
    3,
  );
const vocabulary = await train(corpus, 340);
const bpe = createBpe(vocabulary);
const library = new HuggingFaceTokenizer(JSON.parse(JSON.stringify(bpe.toJson())), {
  clean_up_tokenization_spaces: false,
});
const libraryIds = (text: string) => (text === '' ? [] : library.encode(text, { add_special_tokens: false }).ids);

/** Text of whole characters, as `decode` can give it back. */
const wellFormed = (text: string) => Buffer.from(text, 'utf8').toString('utf8');

/** Any text: words of the corpus, emoji, CJK, white space, controls, the special token and halves of pairs. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom(
        ' ',
        '\n',
        '\r\n',
        '\t',
        '  ',
        '\u00a0',
        '\u3000',
        '\u2028',
        '\ufeff',
        "'s",
        "'ll",
        "'",
        '<|endoftext|>',
        '<|endof',
      ),
      fc.constantFrom(
        'the',
        ' whale',
        ' harpoon',
        "ship's",
        '1851',
        '海海海',
        '😀',
        '👩‍👩‍👧',
        'aaaaaaa',
        '\ud83d',
        '\ude00',
        'é',
        'e\u0301',
      ),
    ),
    { maxLength: 30 },
  )
  .map(parts => parts.join(''));

describe('byte-level BPE', () => {
  it('encodes exactly as Hugging Face does with the saved tokenizer.json', () => {
    fc.assert(
      fc.property(anyText, text => {
        expect(bpe.encode(text)).toEqual(libraryIds(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('agrees on words so long that another algorithm merges them', () => {
    for (const text of ['a'.repeat(1000), '海'.repeat(200), `${'whaleharpoon'.repeat(50)}`, 'aaab'.repeat(100)]) {
      expect(bpe.encode(text)).toEqual(libraryIds(text));
    }
  });

  it('decodes to the very text; a lone surrogate becomes U+FFFD', () => {
    fc.assert(
      fc.property(anyText, text => {
        expect(bpe.decode(bpe.encode(text))).toBe(wellFormed(text));
      }),
      { numRuns: 500 },
    );
    expect(bpe.decode(bpe.encode('\ufeffx'))).toBe('\ufeffx');
  });

  it('comes back the same from its tokenizer.json', () => {
    const again = tokenizerFromJson(JSON.parse(JSON.stringify(bpe.toJson())));
    expect(again.problems).toEqual([]);
    expect(again.value).toMatchObject({ kind: 'bpe', vocabSize: 340, endOfText: 256 });
    expect(again.value?.toJson()).toEqual(bpe.toJson());
    expect(again.value?.encode(corpus)).toEqual(bpe.encode(corpus));
  });

  it('reads a spelled-out end of text as the special token, next to anything', () => {
    expect(bpe.encode('a<|endoftext|>b')).toEqual([97, 256, 98]);
    expect(bpe.encode('<|endoftext|><|endoftext|>')).toEqual([256, 256]);
    expect(bpe.decode([97, 256])).toBe('a<|endoftext|>');
  });

  it('compresses what it was trained on', () => {
    expect(bpe.encode(corpus).length).toBeLessThan(Buffer.byteLength(corpus) / 2.5);
  });

  it('refuses ids that it does not have', () => {
    expect(() => bpe.decode([340])).toThrow('340');
  });
});

describe('trainBpe', () => {
  it('learns what counting everything anew for every rule learns', async () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), minLength: 1, maxLength: 12 }), {
      maxLength: 25,
    });
    await fc.assert(
      fc.asyncProperty(words, fc.integer({ min: 0, max: 25 }), async (list, rules) => {
        const text = list.join(' ');
        const { merges, tokens } = await train(text, 257 + rules);
        expect(merges).toEqual(slowMerges(text, rules));
        expect(new Set(tokens).size).toBe(tokens.length);
      }),
      { numRuns: 200 },
    );
  });

  it('does not depend on the order of the words', async () => {
    const words = createWordCounter();
    words.add(corpus);
    const backwards = new Map([...words.counts].reverse());
    expect(await trainBpe(backwards, { vocabSize: 500 })).toEqual(await trainBpe(words.counts, { vocabSize: 500 }));
  });

  it('stops when no pair occurs twice', async () => {
    const { tokens, merges } = await train('ab ab xy', 1000);
    expect(merges).toEqual([['a', 'b']]);
    expect(tokens).toHaveLength(258);
  });

  it('never learns from the text of a special token', async () => {
    const { merges } = await train('<|endoftext|>'.repeat(50), 300);
    expect(merges).toEqual([]);
  });

  it('reports progress to the end and stops on a signal', async () => {
    const words = createWordCounter();
    for (let index = 0; index < 3000; index++) words.add(` w${(index * 7919).toString(36)}x${index.toString(2)}`);
    const fractions: number[] = [];
    await trainBpe(words.counts, { vocabSize: 600, onProgress: fraction => fractions.push(fraction) });
    expect(fractions.at(-1)).toBe(1);
    expect([...fractions].sort((first, second) => first - second)).toEqual(fractions);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(trainBpe(manyWords(), { vocabSize: 30_000, signal })).rejects.toThrow('enough');
  });

  it('refuses a vocabulary without room for the bytes', async () => {
    await expect(trainBpe(new Map(), { vocabSize: 256 })).rejects.toThrow('257');
  });
});

describe('bytes', () => {
  it('is UTF-8, with and without end of text, as Hugging Face reads it', () => {
    for (const tokenizer of [createBytes(), createBytes(true)]) {
      const other = new HuggingFaceTokenizer(JSON.parse(JSON.stringify(tokenizer.toJson())), {
        clean_up_tokenization_spaces: false,
      });
      fc.assert(
        fc.property(anyText, text => {
          const ids = tokenizer.encode(text);
          expect(tokenizer.decode(ids)).toBe(wellFormed(text));
          expect(ids).toEqual(text === '' ? [] : other.encode(text, { add_special_tokens: false }).ids);
        }),
        { numRuns: 200 },
      );
    }
    expect(createBytes().encode('é\n')).toEqual([0xc3, 0xa9, 10]);
    expect(createBytes()).toMatchObject({ vocabSize: 256, endOfText: null });
    expect(createBytes(true)).toMatchObject({ vocabSize: 257, endOfText: 256 });
  });

  it('comes back the same from its tokenizer.json', () => {
    const again = tokenizerFromJson(JSON.parse(JSON.stringify(createBytes(true).toJson())));
    expect(again.value).toMatchObject({ kind: 'bytes', vocabSize: 257, endOfText: 256 });
  });
});

function manyWords(): Map<string, number> {
  const words = new Map<string, number>();
  for (let index = 0; index < 60_000; index++) words.set(` ${(index * 2654435761).toString(36)}`, 2);
  return words;
}

/** The definition of BPE training: count all pairs, join the most frequent, repeat. */
function slowMerges(text: string, rules: number): [string, string][] {
  const spell = (word: string) => Array.from(Buffer.from(word), byte => byteSpelling[byte] ?? '');
  const words = (text.match(wordPattern) ?? []).map(spell);
  const order = [...byteSpelling];
  const rank = (token: string) => order.indexOf(token);
  const merges: [string, string][] = [];
  for (let tokens = 0; tokens < rules; ) {
    const counts = new Map<string, { pair: [string, string]; count: number }>();
    for (const word of words) {
      for (let at = 0; at + 1 < word.length; at++) {
        const pair: [string, string] = [word[at] ?? '', word[at + 1] ?? ''];
        // In "aaa" the pair (a, a) has two places, of which one can be joined; both count, as in Hugging Face.
        const entry = counts.get(pair.join(' ')) ?? { pair, count: 0 };
        entry.count++;
        counts.set(pair.join(' '), entry);
      }
    }
    const best = [...counts.values()].sort(
      (first, second) =>
        second.count - first.count ||
        rank(first.pair[0]) - rank(second.pair[0]) ||
        rank(first.pair[1]) - rank(second.pair[1]),
    )[0];
    if (best === undefined || best.count < 2) break;
    const joined = best.pair.join('');
    if (!order.includes(joined)) {
      order.push(joined);
      tokens++;
    }
    if (!merges.some(([left, right]) => left === best.pair[0] && right === best.pair[1])) merges.push(best.pair);
    for (const word of words) {
      for (let at = 0; at + 1 < word.length; at++) {
        if (word[at] === best.pair[0] && word[at + 1] === best.pair[1]) word.splice(at, 2, joined);
      }
    }
  }
  return merges;
}
