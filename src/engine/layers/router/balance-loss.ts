import { div, mean, mul, type Scalar, sum, type Tensor2D, tensor1d } from '@tensorflow/tfjs-core';

/**
 * The load-balancing loss: weight · experts · Σ_e f_e P_e, with f_e the share of the tokens that chose expert e and P_e its mean
 * normalized score. It is weight · topK when the load is even; gradients flow through P only.
 *
 * Shapes: scores [tokens, experts], chosen [tokens * topK]. Fedus et al. 2021, "Switch Transformers".
 */
export function balanceLoss(scores: Tensor2D, chosen: Int32Array, weight: number): Scalar {
  const [tokens, experts] = scores.shape;
  const shares = new Float32Array(experts);
  for (const expert of chosen) shares[expert] = (shares[expert] ?? 0) + 1 / tokens;
  const normalized = div(scores, sum(scores, 1, true));
  return mul(sum(mul(mean(normalized, 0), tensor1d(shares))), weight * experts);
}
