import { matMul, reshape, type Tensor, type Tensor3D, type Tensor4D, transpose } from '@tensorflow/tfjs-core';
import { maskedSoftmax } from './masked-softmax';

/** What `maskedAttention` computed. */
export interface MaskedAttention {
  /** [batch, seq, heads, valueDim] */
  readonly attended: Tensor4D;
  /** Weights of the softmax: [batch, heads, seq, keySeq]. */
  readonly weights: Tensor4D;
}

/**
 * Attention under any mask: out_i = Σ_j softmax_j(scale · q_i·k_j) v_j over the keys whose mask is 0.
 *
 * One key and value head per query head, or one for all of them. Shapes: query [batch, seq, heads, headDim], key
 * [batch, keySeq, heads or 1, headDim], value [batch, keySeq, heads or 1, valueDim], mask [batch, seq, keySeq], 0 where a query
 * sees a key and a large negative number elsewhere. All scores are stored, [batch, heads, seq, keySeq].
 */
export function maskedAttention(
  query: Tensor4D,
  key: Tensor4D,
  value: Tensor4D,
  mask: Tensor3D,
  scale: number,
): MaskedAttention {
  const [batch, seq, heads] = query.shape;
  const [, keySeq, kvHeads] = key.shape;
  // With one key head the queries of all heads are rows of one product.
  const grouped = kvHeads === heads ? [batch, heads, seq] : [batch, 1, heads * seq];
  const group = (x: Tensor): Tensor => reshape(x, [...grouped, x.shape[3] ?? 0]);
  const byHead = (x: Tensor4D): Tensor => transpose(x, [0, 2, 1, 3]);
  const raw = matMul(group(byHead(query)), byHead(key), false, true);
  const weights = maskedSoftmax(reshape(raw, [batch, heads, seq, keySeq]) as Tensor4D, mask, scale);
  const answers = matMul(group(weights), byHead(value));
  const attended = transpose(reshape(answers, [batch, heads, seq, value.shape[3]]), [0, 2, 1, 3]) as Tensor4D;
  return { attended, weights };
}
