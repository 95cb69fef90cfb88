import { byteSpelling, spelledByte } from '../../base/byte-spelling';
import { wordPattern } from './byte-level';
import { createHeap } from './heap';
import type { Tokenizer, TokenizerJson } from './tokenizer';

/** Everything that a byte-level BPE tokenizer is. */
export interface BpeVocabulary {
  /** Byte-level spelling per id (see `byteSpelling`), special tokens included under their own text. */
  readonly tokens: readonly string[];
  /** Spellings of the two tokens that each rule joins; an earlier rule wins. */
  readonly merges: readonly (readonly [string, string])[];
  /** Special tokens, recognised when spelled out in a text and never split. */
  readonly special: readonly { readonly id: number; readonly text: string }[];
  /** Which special token ends a document. */
  readonly endOfText: number | null;
  /** Whether text is cut into words first (GPT-2) or merged as a whole (`bytes`, which has no merges). */
  readonly splitsWords: boolean;
}

/** Words longer than this are merged with a heap: n log n instead of n^2. */
const longWordBytes = 64;
const cachedWords = 200_000;
/** Room for any id in the low half of a pair's key. */
const idRoom = 0x200000;

/**
 * Byte-level byte pair encoding: UTF-8 bytes, then the earliest applicable merge rule again and again, leftmost
 * first (Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016; bytes as in GPT-2).
 */
export function createBpe(vocabulary: BpeVocabulary, kind: 'bpe' | 'bytes' = 'bpe'): Tokenizer {
  const { tokens, special, endOfText, splitsWords } = vocabulary;
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const idOfByte = byteSpelling.map(spelling => idOf.get(spelling) ?? -1);
  if (idOfByte.includes(-1)) {
    throw new Error(`A byte-level vocabulary must hold all 256 bytes, byte ${idOfByte.indexOf(-1)} is missing`);
  }
  const bytesOf = tokens.map(token => bytesOfSpelling(token));
  for (const { id, text } of special) bytesOf[id] = new TextEncoder().encode(text);

  const ranks = new Map<number, number>();
  const joined = vocabulary.merges.map(([left, right], rank) => {
    const leftId = idOf.get(left);
    const rightId = idOf.get(right);
    const both = idOf.get(left + right);
    if (leftId === undefined || rightId === undefined || both === undefined) {
      throw new Error(`Merge rule ${rank} (${left} ${right}) names a token that is not in the vocabulary`);
    }
    ranks.set(leftId * idRoom + rightId, rank);
    return both;
  });
  const rankOf = (left: number, right: number) => ranks.get(left * idRoom + right);

  const specialIds = new Map(special.map(({ id, text }) => [text, id]));
  const specialPattern = patternOfAny(special.map(({ text }) => text));
  const utf8 = new TextEncoder();
  const cache = new Map<string, readonly number[]>();

  function encodeWord(word: string): readonly number[] {
    const cached = cache.get(word);
    if (cached !== undefined) return cached;
    const bytes = utf8.encode(word);
    const ids = Array.from(bytes, byte => idOfByte[byte] ?? 0);
    const merged = joined.length === 0 ? ids : bytes.length > longWordBytes ? mergeLong(ids) : mergeShort(ids);
    if (bytes.length <= longWordBytes) {
      if (cache.size >= cachedWords) cache.clear();
      cache.set(word, merged);
    }
    return merged;
  }

  function mergeShort(ids: number[]): number[] {
    while (ids.length > 1) {
      let bestRank = Number.POSITIVE_INFINITY;
      let bestAt = -1;
      for (let at = 0; at + 1 < ids.length; at++) {
        const rank = rankOf(ids[at] ?? 0, ids[at + 1] ?? 0);
        if (rank !== undefined && rank < bestRank) {
          bestRank = rank;
          bestAt = at;
        }
      }
      if (bestAt < 0) break;
      ids[bestAt] = joined[bestRank] ?? 0;
      ids.splice(bestAt + 1, 1);
    }
    return ids;
  }

  function mergeLong(ids: number[]): number[] {
    const next = ids.map((_, at) => (at + 1 < ids.length ? at + 1 : -1));
    const previous = ids.map((_, at) => at - 1);
    const at = (index: number) => ids[index] ?? -1;
    // An entry is rank * 2^32 + position: ordered by rule, then from the left.
    const queue = createHeap<number>((first, second) => first < second);
    const enqueue = (left: number) => {
      const right = next[left] ?? -1;
      const rank = left < 0 || right < 0 ? undefined : rankOf(at(left), at(right));
      if (rank !== undefined) queue.push(rank * 0x100000000 + left);
    };
    for (let index = 0; index < ids.length; index++) enqueue(index);
    for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
      const left = entry % 0x100000000;
      const rank = (entry - left) / 0x100000000;
      const right = next[left] ?? -1;
      // An earlier merge may have taken either side since this entry was made.
      if (at(left) < 0 || right < 0 || rankOf(at(left), at(right)) !== rank) continue;
      ids[left] = joined[rank] ?? 0;
      ids[right] = -1;
      const after = next[right] ?? -1;
      next[left] = after;
      if (after >= 0) previous[after] = left;
      enqueue(previous[left] ?? -1);
      enqueue(left);
    }
    return ids.filter(id => id >= 0);
  }

  function encodePlain(text: string, into: number[]): void {
    if (!splitsWords) {
      for (const byte of utf8.encode(text)) into.push(idOfByte[byte] ?? 0);
      return;
    }
    for (const word of text.match(wordPattern) ?? []) {
      for (const id of encodeWord(word)) into.push(id);
    }
  }

  return {
    kind,
    vocabSize: tokens.length,
    endOfText,
    encode(text) {
      const ids: number[] = [];
      if (specialPattern === null) {
        encodePlain(text, ids);
        return ids;
      }
      for (const part of text.split(specialPattern)) {
        const id = specialIds.get(part);
        if (id !== undefined) ids.push(id);
        else if (part !== '') encodePlain(part, ids);
      }
      return ids;
    },
    decode(ids) {
      let length = 0;
      for (let index = 0; index < ids.length; index++) length += bytesOf[ids[index] ?? -1]?.length ?? 0;
      const bytes = new Uint8Array(length);
      let at = 0;
      for (let index = 0; index < ids.length; index++) {
        const token = bytesOf[ids[index] ?? -1];
        if (token === undefined) throw new RangeError(`Token id ${ids[index]} is not in [0, ${tokens.length})`);
        bytes.set(token, at);
        at += token.length;
      }
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    },
    toJson: () => bpeToJson(vocabulary),
  };
}

/** A pattern that finds any of `texts`, the longest first, and keeps it when splitting. Null for none. */
function patternOfAny(texts: readonly string[]): RegExp | null {
  if (texts.length === 0) return null;
  const escaped = [...texts]
    .sort((first, second) => second.length - first.length)
    .map(text => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`(${escaped.join('|')})`);
}

function bytesOfSpelling(spelling: string): Uint8Array {
  return Uint8Array.from(spelling, character => spelledByte.get(character) ?? 0x3f);
}

function bpeToJson({ tokens, merges, special, splitsWords }: BpeVocabulary): TokenizerJson {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: splitsWords };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map(({ id, text }) => ({
      id,
      content: text,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map(([left, right]) => `${left} ${right}`),
    },
  };
}
