/** Everything that a `Random` needs to continue exactly where it was. Plain numbers, so it survives JSON. */
export interface RandomState {
  /** Who this stream is: fixed when it was made, what `split` derives children from. */
  readonly key: readonly [number, number, number, number];
  /** Where this stream is: changes with every draw. */
  readonly words: readonly [number, number, number, number];
}

/** A stream of reproducible random numbers. Same seed and same calls give the same bits on every machine. */
export interface Random {
  /** Next whole number in [0, 2^32). */
  uint32(): number;
  /** Next number in [0, 1), 53 random bits. */
  float(): number;
  /** Next whole number in [0, limit), without modulo bias. `limit` is 1 to 2^32. */
  below(limit: number): number;
  /** Next draw of the standard normal distribution. */
  normal(): number;
  /** Fills `target` with draws of a normal distribution; about twice as fast as `normal` per element. */
  fillNormal(target: Float32Array, mean: number, deviation: number): void;
  /** Fills `target` with draws from [low, high). */
  fillUniform(target: Float32Array, low: number, high: number): void;
  /** Puts `items` into a random order, in place (Fisher-Yates). */
  shuffle(items: Uint32Array | unknown[]): void;
  /**
   * A stream of its own, named by `label`. It depends on this stream's seed and the label only, not on how
   * many numbers were drawn: a new draw in one place never shifts the numbers of another.
   */
  split(label: string | number): Random;
  /** A copy of the state for `restoreRandom`. */
  state(): RandomState;
}

type Words = [number, number, number, number];

/**
 * Starts a stream from a seed.
 *
 * The generator is xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators",
 * 2018): 128 bits of state, period 2^128 - 1. The seed is spread over the state with MurmurHash3's mixer, so
 * seeds 1 and 2 are as unlike as any two.
 */
export function createRandom(seed: number | string): Random {
  return streamOf(hashToWords([0x5eed5eed, 0x243f6a88, 0x85a308d3, 0x13198a2e], seed));
}

/** Continues a stream from a state that `state()` returned, bit for bit. */
export function restoreRandom(state: RandomState): Random {
  return streamOf([...state.key], [...state.words]);
}

/** Whether a parsed JSON value is a usable state. */
export function isRandomState(value: unknown): value is RandomState {
  if (typeof value !== 'object' || value === null) return false;
  const { key, words } = value as { key?: unknown; words?: unknown };
  return isWords(key) && isWords(words) && words.some(word => word !== 0);
}

function isWords(value: unknown): value is Words {
  return (
    Array.isArray(value) &&
    value.length === 4 &&
    value.every(word => Number.isInteger(word) && word >= 0 && word <= 0xffffffff)
  );
}

function streamOf(key: Words, words: Words = key): Random {
  let [a, b, c, d] = words;

  function uint32(): number {
    const scaled = Math.imul(b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  }

  function float(): number {
    const high = uint32() >>> 5;
    const low = uint32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  function below(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1 || limit > 0x100000000) {
      throw new RangeError(`Random.below expects a whole number from 1 to 2^32, got ${limit}`);
    }
    // Draws at or above the largest multiple of `limit` would favour small results: throw them away.
    const usable = 0x100000000 - (0x100000000 % limit);
    let draw = uint32();
    while (draw >= usable) draw = uint32();
    return draw % limit;
  }

  // Box-Muller. 1 - float() is in (0, 1], so the logarithm is finite.
  function radius(): number {
    return Math.sqrt(-2 * Math.log(1 - float()));
  }

  return {
    uint32,
    float,
    below,
    normal: () => radius() * Math.cos(2 * Math.PI * float()),
    fillNormal(target, mean, deviation) {
      for (let index = 0; index < target.length; index += 2) {
        const length = radius() * deviation;
        const angle = 2 * Math.PI * float();
        target[index] = mean + length * Math.cos(angle);
        if (index + 1 < target.length) target[index + 1] = mean + length * Math.sin(angle);
      }
    },
    fillUniform(target, low, high) {
      for (let index = 0; index < target.length; index++) target[index] = low + (high - low) * float();
    },
    shuffle(items) {
      // One body for typed and plain arrays: the element type never matters, only that it is put back.
      const list = items as unknown[];
      for (let last = list.length - 1; last > 0; last--) {
        const chosen = below(last + 1);
        const held = list[last];
        list[last] = list[chosen];
        list[chosen] = held;
      }
    },
    split: label => streamOf(hashToWords(key, label)),
    state: () => ({ key: [...key], words: [a >>> 0, b >>> 0, c >>> 0, d >>> 0] }),
  };
}

/** Mixes a seed or label into four words. Numbers and strings never collide by spelling: 1 is not '1'. */
function hashToWords(start: Readonly<Words>, seed: number | string): Words {
  const units: number[] = [];
  if (typeof seed === 'number') {
    if (!Number.isFinite(seed)) throw new RangeError(`A random seed must be a finite number, got ${seed}`);
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, seed === 0 ? 0 : seed);
    units.push(1, bits.getUint32(0), bits.getUint32(4));
  } else {
    units.push(2, seed.length);
    for (let index = 0; index < seed.length; index++) units.push(seed.charCodeAt(index));
  }
  const words: Words = [...start];
  for (const unit of units) {
    words[0] = mix(words[0] ^ unit);
    words[1] = mix(words[1] + words[0] + 0x9e3779b9);
    words[2] = mix(words[2] ^ words[1]);
    words[3] = mix(words[3] + words[2] + 0x7f4a7c15);
  }
  // The all-zero state is the one that xoshiro never leaves.
  if (words.every(word => word === 0)) words[0] = 1;
  return words;
}

/** MurmurHash3's 32-bit finaliser: every input bit reaches every output bit. */
function mix(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
