import { setImmediate as nextTurn } from 'node:timers/promises';
import { byteSpelling } from '../../base/byte-spelling';
import type { BpeVocabulary } from './bpe';
import { wordPattern } from './byte-level';
import { createHeap } from './heap';
import { endOfTextToken } from './tokenizer';

/** 256 bytes and end-of-text: the smallest vocabulary that a byte-level tokenizer can have. */
export const smallestBpeVocabulary = 257;

/** Counts how often each word occurs; the only thing that training needs to know about a text. */
export interface WordCounter {
  add(text: string): void;
  readonly counts: ReadonlyMap<string, number>;
}

export function createWordCounter(): WordCounter {
  const counts = new Map<string, number>();
  return {
    counts,
    add(text) {
      for (const part of text.split(endOfTextToken)) {
        for (const word of part.match(wordPattern) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
      }
    },
  };
}

export interface TrainBpeOptions {
  /** How many tokens are wanted, bytes and end-of-text included. */
  readonly vocabSize: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

interface Pair {
  readonly left: number;
  readonly right: number;
  /** Occurrences in the corpus now. */
  count: number;
  /** Where the left token of an occurrence was when the pair arose there; checked before use. */
  readonly positions: number[];
  /** The count under which the pair was last put into the queue. */
  queuedCount: number;
}

const idRoom = 0x200000;
/** A rule seen once would spend a token on one place of the corpus. */
const fewestOccurrences = 2;
const turnMs = 30;

/**
 * Learns a byte-level BPE vocabulary: joins the most frequent pair of neighbouring tokens, again and again; of
 * equally frequent pairs the one with the smaller ids, so the result depends on the counts only.
 *
 * Ids: 0 to 255 are the bytes, 256 is end-of-text, then one per rule in the order learned. Every distinct word is held
 * once, as a linked list of tokens, and every pair knows its places, so that a rule costs as much as it changes.
 * The vocabulary comes out smaller than asked when no pair is left that occurs twice.
 */
export async function trainBpe(words: ReadonlyMap<string, number>, options: TrainBpeOptions): Promise<BpeVocabulary> {
  const { vocabSize, signal, onProgress } = options;
  if (vocabSize < smallestBpeVocabulary) {
    throw new RangeError(`trainBpe expects a vocabulary of at least ${smallestBpeVocabulary}, got ${vocabSize}`);
  }
  const tokens = [...byteSpelling, endOfTextToken];
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const merges: [string, string][] = [];
  const learned = new Set<number>();

  const list = linkWords(words);
  const { ids, next, previous, wordOf, occurrences } = list;
  const pairs = new Map<number, Pair>();
  const queue = createHeap<{ pair: Pair; count: number }>(
    (first, second) =>
      first.count > second.count ||
      (first.count === second.count &&
        (first.pair.left < second.pair.left ||
          (first.pair.left === second.pair.left && first.pair.right < second.pair.right))),
  );
  const grown = new Set<Pair>();

  function gain(left: number, right: number, position: number, count: number): void {
    const key = left * idRoom + right;
    let pair = pairs.get(key);
    if (pair === undefined) {
      pair = { left, right, count: 0, positions: [], queuedCount: 0 };
      pairs.set(key, pair);
    }
    pair.count += count;
    pair.positions.push(position);
    grown.add(pair);
  }

  function lose(left: number, right: number, count: number): void {
    const key = left * idRoom + right;
    const pair = pairs.get(key);
    if (pair === undefined) return;
    pair.count -= count;
    if (pair.count === 0) pairs.delete(key);
  }

  function enqueueGrown(): void {
    for (const pair of grown) {
      if (pair.count < fewestOccurrences) continue;
      pair.queuedCount = pair.count;
      queue.push({ pair, count: pair.count });
    }
    grown.clear();
  }

  function join(pair: Pair, joined: number): void {
    const { left, right, positions } = pair;
    // In "aaa" the first two join, wherever else the pair was found first.
    if (left === right) positions.sort((first, second) => first - second);
    for (const at of positions) {
      const second = next[at] ?? -1;
      if (ids[at] !== left || second < 0 || ids[second] !== right) continue;
      const count = occurrences[wordOf[at] ?? 0] ?? 0;
      const before = previous[at] ?? -1;
      const after = next[second] ?? -1;
      lose(left, right, count);
      if (before >= 0) {
        lose(ids[before] ?? 0, left, count);
        gain(ids[before] ?? 0, joined, before, count);
      }
      if (after >= 0) {
        lose(right, ids[after] ?? 0, count);
        gain(joined, ids[after] ?? 0, at, count);
        previous[after] = at;
      }
      ids[at] = joined;
      ids[second] = -1;
      next[at] = after;
    }
  }

  for (let at = 0; at < ids.length; at++) {
    const second = next[at] ?? -1;
    if (second >= 0) gain(ids[at] ?? 0, ids[second] ?? 0, at, occurrences[wordOf[at] ?? 0] ?? 0);
  }
  enqueueGrown();

  let lastTurn = performance.now();
  while (tokens.length < vocabSize) {
    if (performance.now() - lastTurn > turnMs) {
      onProgress?.((tokens.length - smallestBpeVocabulary) / Math.max(1, vocabSize - smallestBpeVocabulary));
      await nextTurn();
      signal?.throwIfAborted();
      lastTurn = performance.now();
    }
    const best = queue.pop();
    if (best === undefined) break;
    const { pair, count } = best;
    if (pair.count !== count) {
      if (pair.count >= fewestOccurrences && pair.queuedCount !== pair.count) {
        pair.queuedCount = pair.count;
        queue.push({ pair, count: pair.count });
      }
      continue;
    }
    const left = tokens[pair.left] ?? '';
    const right = tokens[pair.right] ?? '';
    // Two rules may spell the same token ("aa"+"a" and "a"+"aa"): one id, two rules. And a rule may become
    // applicable again when a later one spells its right side: apply it, but do not list it twice.
    let joined = idOf.get(left + right);
    if (joined === undefined) {
      joined = tokens.length;
      tokens.push(left + right);
      idOf.set(left + right, joined);
    }
    const key = pair.left * idRoom + pair.right;
    if (!learned.has(key)) merges.push([left, right]);
    learned.add(key);
    join(pair, joined);
    enqueueGrown();
  }
  onProgress?.(1);
  return { tokens, merges, special: [{ id: 256, text: endOfTextToken }], endOfText: 256, splitsWords: true };
}

/** Lays all words behind each other: one entry per byte, linked to its neighbours inside its word. */
function linkWords(words: ReadonlyMap<string, number>) {
  const utf8 = new TextEncoder();
  let total = 0;
  for (const word of words.keys()) total += Buffer.byteLength(word);
  const ids = new Int32Array(total);
  const next = new Int32Array(total);
  const previous = new Int32Array(total);
  const wordOf = new Int32Array(total);
  const occurrences = new Float64Array(words.size);
  let at = 0;
  let index = 0;
  for (const [word, count] of words) {
    const bytes = utf8.encode(word);
    for (let offset = 0; offset < bytes.length; offset++) {
      ids[at + offset] = bytes[offset] ?? 0;
      next[at + offset] = offset + 1 < bytes.length ? at + offset + 1 : -1;
      previous[at + offset] = offset > 0 ? at + offset - 1 : -1;
      wordOf[at + offset] = index;
    }
    occurrences[index++] = count;
    at += bytes.length;
  }
  return { ids, next, previous, wordOf, occurrences };
}
