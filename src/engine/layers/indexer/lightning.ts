import {
  concat,
  customGrad,
  div,
  matMul,
  mean,
  mul,
  reshape,
  type Scalar,
  scalar,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tensor3d,
} from '@tensorflow/tfjs-core';
import type { IndexerSizes } from '../../../architecture/components/indexer/indexer-costs';
import { activation } from '../../ops/activation';
import { columns } from '../../ops/columns';
import { layerNorm } from '../../ops/layer-norm';
import { linear } from '../../ops/linear';
import { maskedSoftmax } from '../../ops/masked-softmax';

/** The tensors of an indexer. */
export interface IndexerTensors {
  readonly query: Tensor2D;
  readonly key: Tensor2D;
  readonly norm: Tensor1D;
  readonly normBias: Tensor1D;
  readonly weights: Tensor2D;
}

/** The epsilon of the key's norm, the same in all published models. */
const normEpsilon = 1e-6;

type Rotate = (x: Tensor4D) => Tensor4D;

/**
 * The key of every token: k = rotate(layernorm(W_k x)) on its first `ropeDim` dimensions.
 * Shapes: x [batch, seq, hidden], result [batch, seq, headDim].
 */
export function indexerKeys(
  x: Tensor3D,
  { key, norm, normBias }: IndexerTensors,
  ropeDim: number,
  rotate: Rotate,
): Tensor3D {
  const [batch, seq] = x.shape;
  const size = key.shape[0];
  const normed = layerNorm(linear(x, key, null), norm, normBias, normEpsilon);
  return reshape(rotateFirst(reshape(normed, [batch, seq, 1, size]) as Tensor4D, ropeDim, rotate), [batch, seq, size]);
}

/**
 * Scores of keys for every token: I_ij = Σ_h w_ih relu(q_ih · k_j) / sqrt(headDim · heads), w = W_w x.
 *
 * Stays fp32: a rounded score is another choice. Shapes: x [batch, seq, hidden], from (what queries are made from)
 * [batch, seq, rank], keys [batch, keySeq, headDim], result [batch, seq, keySeq]. DeepSeek-AI 2025, "DeepSeek-V3.2".
 */
export function indexerScores(
  { x, from, keys }: { readonly x: Tensor3D; readonly from: Tensor3D; readonly keys: Tensor3D },
  tensors: IndexerTensors,
  { heads, headDim }: IndexerSizes,
  ropeDim: number,
  rotate: Rotate,
): Tensor3D {
  const [batch, seq] = x.shape;
  const keySeq = keys.shape[1];
  const projected = reshape(linear(from, tensors.query, null), [batch, seq, heads, headDim]) as Tensor4D;
  const query = reshape(rotateFirst(projected, ropeDim, rotate), [batch, seq * heads, headDim]);
  const hits = activation(mul(matMul(query, keys, false, true), headDim ** -0.5), 'relu');
  const weights = mul(linear(x, tensors.weights, null), heads ** -0.5);
  // One row of weights times the hits of all heads, per token.
  const weighted = matMul(reshape(weights, [batch * seq, 1, heads]), reshape(hits, [batch * seq, heads, keySeq]));
  return reshape(weighted, [batch, seq, keySeq]) as Tensor3D;
}

/**
 * Which keys each token sees, its `topK` best among those not after it: 0 for these, -1e30 elsewhere. Of equal scores the earlier
 * ones are taken. Shapes as the scores.
 */
export function chosenMask(scores: Tensor3D, topK: number, offset: number): Tensor3D {
  const [batch, seq, keySeq] = scores.shape;
  const values = scores.dataSync<'float32'>();
  const mask = new Float32Array(values.length).fill(-1e30);
  for (let row = 0; row < batch * seq; row++) {
    const start = row * keySeq;
    const behind = Math.min(keySeq, offset + (row % seq) + 1);
    // Early tokens have fewer keys than they may choose.
    if (behind <= topK) {
      mask.fill(0, start, start + behind);
      continue;
    }
    const visible = values.slice(start, start + behind);
    const worst = placeBest(visible, topK);
    // Those that stand before the worst one and are better; the rest are as good as it.
    let equals = topK;
    for (let place = 0; place < topK; place++) if ((visible[place] ?? 0) > worst) equals--;
    for (let key = start; key < start + behind; key++) {
      const score = values[key] ?? 0;
      if (score > worst) mask[key] = 0;
      else if (score === worst && equals > 0) {
        mask[key] = 0;
        equals--;
      }
    }
  }
  return tensor3d(mask, [batch, seq, keySeq]);
}

/** Moves the `count` largest values to the front, in any order, and returns the smallest of them (Hoare 1961, "Find"). */
function placeBest(values: Float32Array, count: number): number {
  let [low, high] = [0, values.length - 1];
  const wanted = count - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1] ?? 0;
    let [left, right] = [low, high];
    while (left <= right) {
      while ((values[left] ?? 0) > pivot) left++;
      while ((values[right] ?? 0) < pivot) right--;
      if (left > right) break;
      const moved = values[left] ?? 0;
      values[left++] = values[right] ?? 0;
      values[right--] = moved;
    }
    if (wanted <= right) high = right;
    else if (wanted >= left) low = left;
    else break;
  }
  return values[wanted] ?? 0;
}

/**
 * The indexer's own loss: the cross-entropy of softmax(scores) among the chosen keys against the attention weights averaged over
 * heads, whose gradient is that of the KL divergence. Shapes: weights [batch, heads, seq, keySeq], scores and mask
 * [batch, seq, keySeq].
 */
export function indexerLoss(scores: Tensor3D, mask: Tensor3D, weights: Tensor4D): Scalar {
  const [batch, seq, keySeq] = scores.shape;
  const wanted = mean(weights, 1).dataSync<'float32'>();
  const rows = batch * seq;
  const run = customGrad((given, save) => {
    // One head, whose weights are the shares that the scores give.
    const shares = maskedSoftmax(reshape(given as Tensor, [batch, 1, seq, keySeq]) as Tensor4D, mask, 1);
    const q = shares.dataSync<'float32'>();
    let total = 0;
    for (let index = 0; index < wanted.length; index++) {
      const p = wanted[index] ?? 0;
      // A share that underflows is kept from an infinite logarithm.
      if (p > 0) total -= p * Math.log(Math.max(q[index] ?? 0, 1e-30));
    }
    (save as (tensors: Tensor[]) => void)([shares]);
    return {
      value: scalar(total / rows),
      gradFunc: (dy: Tensor, [kept]: Tensor[]) => {
        const target = tensor3d(wanted, scores.shape);
        return mul(sub(reshape(kept ?? target, scores.shape), target), div(dy, rows));
      },
    };
  });
  return run(scores) as Scalar;
}

/** Turns the first dimensions of every head, by halves whatever the attention does. */
function rotateFirst(x: Tensor4D, ropeDim: number, rotate: Rotate): Tensor4D {
  const [batch, seq, heads, size] = x.shape;
  if (ropeDim >= size) return rotate(x);
  const rows = reshape(x, [batch * seq * heads, size]) as Tensor2D;
  const part = (start: number, width: number): Tensor =>
    reshape(columns(rows, start, width), [batch, seq, heads, width]);
  return concat([rotate(part(0, ropeDim) as Tensor4D), part(ropeDim, size - ropeDim)], 3) as Tensor4D;
}
