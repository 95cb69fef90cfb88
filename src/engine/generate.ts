import { createRandom, type Random } from '../base/random';
import type { DecodeCache } from './decode-cache';
import type { Model } from './model';
import type { Precision } from './ops/bfloat16';

export interface GenerateOptions {
  /** At least one token. */
  readonly prompt: readonly number[];
  /** Tokens to add. */
  readonly tokens: number;
  /** Softness of the choice; 0 takes the likeliest token. */
  readonly temperature: number;
  /** Choose among this many likeliest tokens only; all when left out. */
  readonly topK?: number | null;
  /** Start of the random choices, or a stream to go on with. */
  readonly random: number | string | Random;
  /** Ends the text when drawn; not part of it. */
  readonly stop?: number | null;
  readonly precision?: Precision;
  /** Ends the text early, between two tokens; what is there so far is returned. */
  readonly signal?: AbortSignal;
  /** Called with every token as it is drawn. */
  readonly onToken?: (token: number) => void;
}

/**
 * Continues a prompt token by token and returns what was added.
 *
 * The text may grow beyond the context: when it is full, the last half of it is read again from position 0 and goes on.
 * Gives way to the event loop between tokens.
 */
export async function generate(model: Model, options: GenerateOptions): Promise<number[]> {
  const { prompt, tokens, temperature, topK = null, stop = null, signal, onToken } = options;
  if (prompt.length === 0) throw new Error('Expected a prompt of at least one token, got none.');
  const random = isStream(options.random) ? options.random : createRandom(options.random);
  const precision = options.precision ?? 'fp32';
  const { context } = model.spec;
  const text = [...prompt];
  const cache = model.createCache();
  const read = (ids: readonly number[]): Float32Array =>
    model.decode({ batch: 1, seq: ids.length, inputs: Int32Array.from(ids) }, cache, { precision });
  try {
    while (text.length - prompt.length < tokens && !signal?.aborted) {
      const token = chooseToken(read(nextInput(text, cache, context)), temperature, topK, random);
      if (token === stop) break;
      text.push(token);
      onToken?.(token);
      await new Promise(resolve => setImmediate(resolve));
    }
    return text.slice(prompt.length);
  } finally {
    cache.dispose();
  }
}

/** What the model must read next: the last token, or a stretch of text when the cache is empty or full. */
function nextInput(text: readonly number[], cache: DecodeCache, context: number): readonly number[] {
  if (cache.length === 0) return text.slice(-context);
  if (cache.length < context) return text.slice(-1);
  cache.clear();
  return text.slice(-Math.max(1, Math.floor(context / 2)));
}

/**
 * Draws a token from softmax(scores / temperature), among the `topK` best if given.
 * Sums in double precision in the order of the vocabulary, so the same scores and draws give the same token anywhere.
 */
export function chooseToken(scores: Float32Array, temperature: number, topK: number | null, random: Random): number {
  const best = scores.reduce((winner, score, token) => (score > (scores[winner] ?? 0) ? token : winner), 0);
  const largest = scores[best] ?? Number.NaN;
  if (!scores.every(Number.isFinite)) throw new Error('Expected finite scores: the weights of the model are damaged.');
  if (temperature === 0 || topK === 1) return best;
  const least = topK === null || topK >= scores.length ? Number.NEGATIVE_INFINITY : nthLargest(scores, topK);
  const weights = Float64Array.from(scores, score => (score < least ? 0 : Math.exp((score - largest) / temperature)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let rest = random.float() * total;
  for (let token = 0; token < weights.length; token++) {
    rest -= weights[token] ?? 0;
    if (rest < 0) return token;
  }
  // Rounding may leave a crumb behind the last token.
  return best;
}

const nthLargest = (scores: Float32Array, n: number): number =>
  scores.slice().sort().at(-n) ?? Number.NEGATIVE_INFINITY;

const isStream = (random: GenerateOptions['random']): random is Random => typeof random === 'object';
