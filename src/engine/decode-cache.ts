import { keep, type Tensor } from '@tensorflow/tfjs-core';
import type { Memory } from './layers/layer';

/** What decoding has kept of the tokens so far: one memory per mixing layer. Free it with `dispose`. */
export interface DecodeCache {
  /** Sequences that are decoded side by side; fixed by the first call. */
  readonly batch: number;
  /** Tokens seen so far. */
  readonly length: number;
  /** Elements held, for all sequences together. */
  elements(): number;
  /** The memory of the layer at `path`. */
  memory(path: string): Memory;
  /** Counts tokens in; called once after every layer has seen them. */
  advance(batch: number, tokens: number): void;
  /** Forgets everything, so that the cache can start again. */
  clear(): void;
  dispose(): void;
}

export function createDecodeCache(): DecodeCache {
  const kept = new Map<string, Tensor>();
  let batch = 0;
  let length = 0;
  const clear = () => {
    for (const tensor of kept.values()) tensor.dispose();
    kept.clear();
    batch = 0;
    length = 0;
  };
  return {
    get batch() {
      return batch;
    },
    get length() {
      return length;
    },
    elements: () => [...kept.values()].reduce((sum, tensor) => sum + tensor.size, 0),
    memory: path => ({
      get: name => kept.get(`${path}.${name}`) ?? null,
      set(name, tensor) {
        const key = `${path}.${name}`;
        const earlier = kept.get(key);
        kept.set(key, keep(tensor.clone()));
        earlier?.dispose();
      },
    }),
    advance(sequences, tokens) {
      batch = sequences;
      length += tokens;
    },
    clear,
    dispose: clear,
  };
}
