import {
  add,
  div,
  expandDims,
  matMul,
  mul,
  reshape,
  softmax,
  type Tensor,
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
 * Query i stands at position p = offset + i and sees keys j with p - window < j <= p. Query head h reads key head
 * floor(h / (heads / kvHeads)). Shapes: query [batch, seq, heads, headDim], key [batch, keySeq, kvHeads, headDim],
 * value [batch, keySeq, kvHeads, valueDim], result [batch, seq, heads, valueDim].
 * Vaswani et al. 2017; GQA: Ainslie et al. 2023; computed in blocks as in FlashAttention (Dao et al. 2022).
 */
export function attention(query: Tensor4D, key: Tensor4D, value: Tensor4D, options: AttentionOptions): Tensor4D {
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
  const native = currentNativeBackend();
  return native === null
    ? attentionReference(query, key, value, options)
    : attentionNative(native, query, key, value, options);
}

/** `attention` in plain tfjs ops: all scores at once, masked by adding. */
export function attentionReference(
  query: Tensor4D,
  key: Tensor4D,
  value: Tensor4D,
  { window, scale, softcap, offset }: AttentionOptions,
): Tensor4D {
  const [, seq, heads] = query.shape;
  const [, keySeq, kvHeads] = key.shape;
  const queryByHead = transpose(query, [0, 2, 1, 3]);
  const keyByHead = repeatHeads(transpose(key, [0, 2, 1, 3]), heads / kvHeads);
  const valueByHead = repeatHeads(transpose(value, [0, 2, 1, 3]), heads / kvHeads);
  const raw = mul(matMul(queryByHead, keyByHead, false, true), scale);
  const scores = softcap === null ? raw : mul(tanh(div(raw, softcap)), softcap);
  const weights = softmax(add(scores, causalMask(seq, keySeq, window, offset)));
  return transpose(matMul(weights, valueByHead), [0, 2, 1, 3]) as Tensor4D;
}

/** [batch, kvHeads, seq, dim] to [batch, kvHeads · times, seq, dim], each head repeated next to itself. */
function repeatHeads(x: Tensor, times: number): Tensor {
  if (times === 1) return x;
  const [batch = 0, kvHeads = 0, seq = 0, dim = 0] = x.shape;
  return reshape(tile(expandDims(x, 2), [1, 1, times, 1, 1]), [batch, kvHeads * times, seq, dim]);
}

/** 0 where a query sees a key, a large negative number elsewhere: [seq, keySeq]. */
function causalMask(seq: number, keySeq: number, window: number | null, offset: number): Tensor {
  const mask = new Float32Array(seq * keySeq);
  for (let i = 0; i < seq; i++) {
    for (let j = 0; j < keySeq; j++) {
      const visible = j <= offset + i && (window === null || j > offset + i - window);
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
  { window, scale, softcap, offset }: AttentionOptions,
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
    offset,
    scale,
    softcap ?? 0,
  ] as const;
  return fused<Tensor4D>(
    [query, key, value],
    () => {
      const out = backend.outputTensor<Tensor4D>([batch, seq, heads, valueDim]);
      const logSumExp = backend.outputTensor([batch, heads, seq]);
      const [q, k, v] = [backend.floats(query), backend.floats(key), backend.floats(value)];
      backend.addon.attention(...sizes, q, k, v, backend.floats(out), backend.floats(logSumExp));
      return { value: out, keep: [query, key, value, out, logSumExp] };
    },
    (dy, kept) => {
      const [q, k, v, out, logSumExp] = kept.map(tensor => backend.floats(tensor));
      if (!q || !k || !v || !out || !logSumExp) throw new Error('attention: the gradient needs five saved tensors');
      const gradients = [query, key, value].map(({ shape }) => backend.outputTensor(shape));
      const [dQuery, dKey, dValue] = gradients.map(tensor => backend.floats(tensor));
      if (!dQuery || !dKey || !dValue) throw new Error('attention: three gradients expected');
      backend.addon.attentionGradient(...sizes, q, k, v, out, logSumExp, backend.floats(dy), dQuery, dKey, dValue);
      return gradients;
    },
  );
}
