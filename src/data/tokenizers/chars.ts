import type { Tokenizer } from './tokenizer';

/** Stands for every character that the vocabulary lacks. */
export const unknownCharacter = '\ufffd';

/** The vocabulary of a character tokenizer: unknown, line break (which parts documents), the rest by code point. */
export function charVocabulary(seen: Iterable<string>): string[] {
  const rest = new Set(seen);
  rest.delete(unknownCharacter);
  rest.delete('\n');
  const order = (character: string) => character.codePointAt(0) ?? 0;
  const wellFormed = [...rest].filter(character => !isLoneSurrogate(character));
  return [unknownCharacter, '\n', ...wellFormed.sort((first, second) => order(first) - order(second))];
}

/** One token per character (Unicode code point) of `vocabulary`; others become U+FFFD, which is id 0. */
export function createChars(vocabulary: readonly string[]): Tokenizer {
  if (vocabulary[0] !== unknownCharacter) {
    throw new Error(`A character vocabulary must start with U+FFFD, got ${JSON.stringify(vocabulary[0])}`);
  }
  const idOf = new Map(vocabulary.map((character, id) => [character, id]));
  return {
    kind: 'chars',
    vocabSize: vocabulary.length,
    endOfText: null,
    encode(text) {
      const ids: number[] = [];
      for (const character of text) ids.push(idOf.get(character) ?? 0);
      return ids;
    },
    decode(ids) {
      const characters: string[] = [];
      for (let index = 0; index < ids.length; index++) {
        const character = vocabulary[ids[index] ?? -1];
        if (character === undefined) throw new RangeError(`Token id ${ids[index]} is not in [0, ${vocabulary.length})`);
        characters.push(character);
      }
      return characters.join('');
    },
    // A BPE without rules splits text into its characters: that is how Hugging Face can read this tokenizer too.
    toJson: () => ({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: unknownCharacter,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(vocabulary.map((character, id) => [character, id])),
        merges: [],
      },
    }),
  };
}

function isLoneSurrogate(character: string): boolean {
  const unit = character.charCodeAt(0);
  return character.length === 1 && unit >= 0xd800 && unit <= 0xdfff;
}
