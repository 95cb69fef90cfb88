import { customGrad, type Tensor, type Tensor3D, type Tensor4D, tensor4d } from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';

/**
 * Attention weights under a mask: w_ij = softmax_j(scale · s_ij) over the keys whose mask is 0, and 0 elsewhere.
 *
 * Shapes: scores [batch, heads, seq, keySeq], mask [batch, seq, keySeq] of 0 and large negative numbers, each row with at least one
 * 0, result like scores.
 */
export function maskedSoftmax(scores: Tensor4D, mask: Tensor3D, scale: number): Tensor4D {
  const native = currentNativeBackend();
  return native === null
    ? maskedSoftmaxReference(scores, mask, scale)
    : maskedSoftmaxNative(native, scores, mask, scale);
}

function maskedSoftmaxNative(backend: NativeBackend, scores: Tensor4D, mask: Tensor3D, scale: number): Tensor4D {
  const sizes = [...scores.shape, scale] as const;
  return fused<Tensor4D>(
    [scores],
    () => {
      const weights = backend.outputTensor<Tensor4D>(scores.shape);
      backend.addon.maskedSoftmax(...sizes, backend.floats(scores), backend.floats(mask), backend.floats(weights));
      return { value: weights, keep: [weights] };
    },
    (dy, [kept]) => {
      if (kept === undefined) throw new Error('maskedSoftmax: the gradient needs the weights');
      const dScores = backend.outputTensor(scores.shape);
      backend.addon.maskedSoftmaxGradient(...sizes, backend.floats(kept), backend.floats(dy), backend.floats(dScores));
      return [dScores];
    },
  );
}

/** `maskedSoftmax` in loops over plain arrays: tfjs's own softmax takes several passes and reads what the mask hides. */
export function maskedSoftmaxReference(scores: Tensor4D, mask: Tensor3D, scale: number): Tensor4D {
  const hidden = mask.dataSync<'float32'>().slice();
  const run = customGrad((given, save) => {
    const weights = tensor4d(
      forwards((given as Tensor).dataSync<'float32'>(), hidden, scores.shape, scale),
      scores.shape,
    );
    (save as (tensors: Tensor[]) => void)([weights]);
    return {
      value: weights,
      gradFunc: (dy: Tensor, [kept]: Tensor[]) => {
        if (kept === undefined) throw new Error('maskedSoftmax: the gradient needs the weights');
        const [slope, y] = [dy.dataSync<'float32'>(), kept.dataSync<'float32'>()];
        return tensor4d(backwards(slope, y, scores.shape[3], scale), scores.shape);
      },
    };
  });
  return run(scores) as Tensor4D;
}

function forwards(
  scores: Float32Array,
  mask: Float32Array,
  [batch, heads, seq, keySeq]: readonly [number, number, number, number],
  scale: number,
): Float32Array {
  const weights = new Float32Array(scores.length);
  for (let row = 0; row < batch * heads * seq; row++) {
    const start = row * keySeq;
    const hidden = (Math.floor(row / (heads * seq)) * seq + (row % seq)) * keySeq;
    let largest = Number.NEGATIVE_INFINITY;
    for (let key = 0; key < keySeq; key++) {
      if (mask[hidden + key] === 0) largest = Math.max(largest, scale * (scores[start + key] ?? 0));
    }
    let total = 0;
    for (let key = 0; key < keySeq; key++) {
      if (mask[hidden + key] !== 0) continue;
      const weight = Math.exp(scale * (scores[start + key] ?? 0) - largest);
      weights[start + key] = weight;
      total += weight;
    }
    for (let key = 0; key < keySeq; key++) weights[start + key] = (weights[start + key] ?? 0) / total;
  }
  return weights;
}

/** ds = scale · w (dw - Σ_j dw_j w_j). */
function backwards(slope: Float32Array, weights: Float32Array, keySeq: number, scale: number): Float32Array {
  const result = new Float32Array(weights.length);
  for (let start = 0; start < weights.length; start += keySeq) {
    let mean = 0;
    for (let key = start; key < start + keySeq; key++) mean += (slope[key] ?? 0) * (weights[key] ?? 0);
    for (let key = start; key < start + keySeq; key++) {
      result[key] = scale * (weights[key] ?? 0) * ((slope[key] ?? 0) - mean);
    }
  }
  return result;
}
