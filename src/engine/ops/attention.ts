import {
  add,
  concat,
  div,
  expandDims,
  matMul,
  mul,
  reshape,
  slice,
  softmax,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  tanh,
  tensor2d,
  tile,
  transpose,
} from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { expectShape } from './expect-shape';

/** What a causal attention needs beside its tensors. */
export interface AttentionOptions {
  /** A query sees only the last `window` keys, itself included; null sees all before it. */
  readonly window: number | null;
  /** A query sees only keys of its own chunk of this many positions (Llama 4); null or left out: no chunks. */
  readonly chunk?: number | null;
  /** Factor on query · key, usually 1 / sqrt(headDim). */
  readonly scale: number;
  /** Scores s become softcap · tanh(s / softcap) before masking (Gemma 2); null leaves them. */
  readonly softcap: number | null;
  /** Absolute position of the first query; its keys start at position 0 (a cache holds the earlier ones). */
  readonly offset: number;
}

/**
 * Causal attention with grouped keys: out_i = Σ_j softmax_j(cap(scale · q_i·k_j)) v_j over the visible keys j.
 *
 * Query i stands at position p = offset + i and sees keys j with p - window < j <= p, of its own chunk only. Query head h
 * reads key head floor(h / (heads / kvHeads)). A sink is one more column of the softmax with a score of its own and no value:
 * attention that is not wanted flows there. Shapes: query [batch, seq, heads, headDim], key [batch, keySeq, kvHeads, headDim],
 * value [batch, keySeq, kvHeads, valueDim], sinks [heads] or null, result [batch, seq, heads, valueDim].
 * Vaswani et al. 2017; GQA: Ainslie et al. 2023; sinks: OpenAI 2025, "gpt-oss"; computed in blocks as in FlashAttention
 * (Dao et al. 2022).
 */
export function attention(
  query: Tensor4D,
  key: Tensor4D,
  value: Tensor4D,
  options: AttentionOptions,
  sinks: Tensor1D | null = null,
): Tensor4D {
  expectShape('attention', 'query', query, [null, null, null, null]);
  const [batch, seq, heads, headDim] = query.shape;
  expectShape('attention', 'key', key, [batch, null, null, headDim]);
  const [, keySeq, kvHeads] = key.shape;
  expectShape('attention', 'value', value, [batch, keySeq, kvHeads, null]);
  if (heads % kvHeads !== 0) {
    throw new Error(`attention: heads must be a multiple of kvHeads, but are ${heads} and ${kvHeads}`);
  }
  if (options.offset < 0 || options.offset + seq > keySeq) {
    throw new Error(
      `attention: every query needs its own key, so offset + seq <= keySeq, but offset ${options.offset} + seq ${seq} > keySeq ${keySeq}`,
    );
  }
  if (options.window !== null && !(options.window >= 1)) {
    throw new Error(`attention: window must be null or at least 1, but is ${options.window}`);
  }
  if (options.chunk !== undefined && options.chunk !== null && !(options.chunk >= 1)) {
    throw new Error(`attention: chunk must be null or at least 1, but is ${options.chunk}`);
  }
  if (sinks !== null) expectShape('attention', 'sinks', sinks, [heads]);
  const native = currentNativeBackend();
  return native === null
    ? attentionReference(query, key, value, options, sinks)
    : attentionNative(native, query, key, value, options, sinks);
}

/** `attention` in plain tfjs ops: all scores at once, masked by adding. */
export function attentionReference(
  query: Tensor4D,
  key: Tensor4D,
  value: Tensor4D,
  options: AttentionOptions,
  sinks: Tensor1D | null = null,
): Tensor4D {
  const { scale, softcap } = options;
  const [batch, seq, heads] = query.shape;
  const [, keySeq, kvHeads] = key.shape;
  const queryByHead = transpose(query, [0, 2, 1, 3]);
  const keyByHead = repeatHeads(transpose(key, [0, 2, 1, 3]), heads / kvHeads);
  const valueByHead = repeatHeads(transpose(value, [0, 2, 1, 3]), heads / kvHeads);
  const raw = mul(matMul(queryByHead, keyByHead, false, true), scale);
  const scores = softcap === null ? raw : mul(tanh(div(raw, softcap)), softcap);
  const masked = add(scores, causalMask(seq, keySeq, options));
  const weights = sinks === null ? softmax(masked) : softmaxWithSinks(masked, sinks, [batch, heads, seq, keySeq]);
  return transpose(matMul(weights, valueByHead), [0, 2, 1, 3]) as Tensor4D;
}

/** Shares of [sink, scores], without that of the sink. */
function softmaxWithSinks(scores: Tensor, sinks: Tensor1D, shape: [number, number, number, number]): Tensor {
  const [batch, heads, seq] = shape;
  const column = tile(reshape(sinks, [1, heads, 1, 1]), [batch, 1, seq, 1]);
  return slice(softmax(concat([column, scores], 3)), [0, 0, 0, 1], shape);
}

/** [batch, kvHeads, seq, dim] to [batch, kvHeads · times, seq, dim], each head repeated next to itself. */
function repeatHeads(x: Tensor, times: number): Tensor {
  if (times === 1) return x;
  const [batch = 0, kvHeads = 0, seq = 0, dim = 0] = x.shape;
  return reshape(tile(expandDims(x, 2), [1, 1, times, 1, 1]), [batch, kvHeads * times, seq, dim]);
}

/** 0 where a query sees a key, a large negative number elsewhere: [seq, keySeq]. */
function causalMask(seq: number, keySeq: number, { window, chunk = null, offset }: AttentionOptions): Tensor {
  const mask = new Float32Array(seq * keySeq);
  for (let i = 0; i < seq; i++) {
    for (let j = 0; j < keySeq; j++) {
      const position = offset + i;
      const inChunk = chunk === null || j >= position - (position % chunk);
      const visible = j <= position && inChunk && (window === null || j > position - window);
      if (!visible) mask[i * keySeq + j] = -1e30;
    }
  }
  return tensor2d(mask, [seq, keySeq]);
}

/** Blocks of scores in scratch memory; backwards they are made again from the saved log of the sum of exponentials. */
function attentionNative(
  backend: NativeBackend,
  query: Tensor4D,
  key: Tensor4D,
  value: Tensor4D,
  { window, chunk = null, scale, softcap, offset }: AttentionOptions,
  sinks: Tensor1D | null,
): Tensor4D {
  const [batch, seq, heads, headDim] = query.shape;
  const [, keySeq, kvHeads, valueDim] = value.shape;
  const sizes = [
    batch,
    seq,
    keySeq,
    heads,
    kvHeads,
    headDim,
    valueDim,
    window ?? 0,
    chunk ?? 0,
    offset,
    scale,
    softcap ?? 0,
  ] as const;
  const maybe = (tensor: Tensor | null | undefined) => (tensor ? backend.floats(tensor) : null);
  return fused<Tensor4D>(
    [query, key, value, sinks],
    () => {
      const out = backend.outputTensor<Tensor4D>([batch, seq, heads, valueDim]);
      const logSumExp = backend.outputTensor([batch, heads, seq]);
      const [q, k, v] = [backend.floats(query), backend.floats(key), backend.floats(value)];
      backend.addon.attention(...sizes, q, k, v, maybe(sinks), backend.floats(out), backend.floats(logSumExp));
      const kept = [query, key, value, out, logSumExp];
      return { value: out, keep: sinks === null ? kept : [...kept, sinks] };
    },
    (dy, kept) => {
      const [q, k, v, out, logSumExp, sink = null] = kept.map(tensor => backend.floats(tensor));
      if (!q || !k || !v || !out || !logSumExp) throw new Error('attention: the gradient needs five saved tensors');
      const gradients = [query, key, value].map(({ shape }) => backend.outputTensor(shape));
      const [dQuery, dKey, dValue] = gradients.map(tensor => backend.floats(tensor));
      if (!dQuery || !dKey || !dValue) throw new Error('attention: three gradients expected');
      const saved = [...sizes, q, k, v, sink, out, logSumExp, backend.floats(dy), dQuery, dKey, dValue] as const;
      if (sinks === null) {
        backend.addon.attentionGradient(...saved);
        return [...gradients, null];
      }
      const dSinks = backend.outputTensor([batch, heads]);
      backend.addon.attentionGradient(...saved, backend.floats(dSinks));
      return [...gradients, sum(dSinks, 0)];
    },
  );
}
