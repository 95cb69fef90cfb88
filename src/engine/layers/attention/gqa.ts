import {
  concat,
  reshape,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { attention } from '../../ops/attention';
import { linear } from '../../ops/linear';
import { rmsNorm } from '../../ops/rms-norm';
import type { Layer, Memory } from '../layer';

/**
 * y = W_o attention(rotate(norm(W_q x)), rotate(norm(W_k x)), W_v x) with grouped key and value heads.
 *
 * Shapes: x and y [batch, seq, hidden]. Ainslie et al. 2023; query and key norms as in Qwen3 (head) and OLMo 2 (layer).
 */
export const gqaLayer: Layer<'attention.gqa'> = {
  mix(x, { config, ambient, weights, pass, rotate, memory }) {
    const { heads, kv_heads: kvHeads, head_dim: headDim, window, qk_norm: qkNorm, scale, softcap } = config;
    const [batch, seq] = x.shape;
    const split = (rows: Tensor, count: number) => reshape(rows, [batch, seq, count, headDim]) as Tensor4D;
    // The norm acts on whatever its weight spans: one head after the split, or the whole projection before it.
    const prepare = (rows: Tensor, count: number, norm: Tensor1D | null): Tensor4D => {
      const normalize = (y: Tensor) => (norm === null ? y : rmsNorm(y, norm, ambient.norm));
      return rotate(qkNorm === 'layer' ? split(normalize(rows), count) : (normalize(split(rows, count)) as Tensor4D));
    };
    const project = (name: 'query' | 'key' | 'value') =>
      linear(x, weights.get(name, 2), weights.find(`${name}_bias`, 1), pass.precision);
    const query = prepare(project('query'), heads, weights.find('query_norm', 1));
    const key = prepare(project('key'), kvHeads, weights.find('key_norm', 1));
    const value = split(project('value'), kvHeads);
    const seen = memory === null ? { key, value } : remember(memory, { key, value }, window);
    const attended = attention(query, seen.key, seen.value, {
      window,
      scale,
      softcap,
      offset: seen.key.shape[1] - seq,
    });
    const rows = reshape(attended, [batch, seq, heads * headDim]);
    return linear(rows, weights.get('output', 2), weights.find('output_bias', 1), pass.precision) as Tensor3D;
  },
};

interface Seen {
  readonly key: Tensor4D;
  readonly value: Tensor4D;
}

/** Appends keys and values to those of earlier tokens and keeps as many as a later token can see. */
function remember(memory: Memory, fresh: Seen, window: number | null): Seen {
  const append = (name: keyof Seen): Tensor4D => {
    const earlier = memory.get(name) as Tensor4D | null;
    const all = earlier === null ? fresh[name] : concat([earlier, fresh[name]], 1);
    const [batch, seq, heads, dim] = all.shape;
    const kept = window === null ? seq : Math.min(seq, window);
    memory.set(name, kept === seq ? all : slice(all, [0, seq - kept, 0, 0], [batch, kept, heads, dim]));
    return all;
  };
  return { key: append('key'), value: append('value') };
}
