import { add, div, mul, reshape, sum, type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { embed } from '../../ops/embed';

/** The scores of the chosen experts, [tokens, topK] of [tokens, experts]. */
export function pickChosen(scores: Tensor2D, chosen: Int32Array, topK: number): Tensor2D {
  const [tokens, experts] = scores.shape;
  const places = chosen.map((expert, slot) => Math.floor(slot / topK) * experts + expert);
  const rows = reshape(scores, [tokens * experts, 1]) as Tensor2D;
  return reshape(embed(rows, tensor2d(places, [tokens, topK], 'int32')), [tokens, topK]);
}

/** Weights as the settings of a router want them: w / Σ w when renormalized, times the scale. */
export function finishWeights(
  picked: Tensor2D,
  { renormalize, scale }: { readonly renormalize: boolean; readonly scale: number },
): Tensor2D {
  // Scores that all underflow must not divide by zero; DeepSeek adds as much.
  const shares = renormalize ? (div(picked, add(sum(picked, 1, true), 1e-20)) as Tensor2D) : picked;
  return scale === 1 ? shares : (mul(shares, scale) as Tensor2D);
}
