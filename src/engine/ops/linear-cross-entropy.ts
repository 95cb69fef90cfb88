import {
  cast,
  div,
  greaterEqual,
  maximum,
  type Scalar,
  sum,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { expectLossShapes, type TokenLossOptions, tokenLossesReference } from './token-losses';

export interface LinearCrossEntropyOptions extends TokenLossOptions {
  /** Make the gradients in the same sweep (they are then ready when the tape asks); false for evaluation. */
  readonly training: boolean;
}

/**
 * Mean cross-entropy of a vocabulary projection in nats: mean_t (log Σ_v exp(z_tv) - z_t,target), z = cap(x Wᵀ).
 *
 * The mean is over the targets that are not -1 (0 if there is none). Natively the product, the softmax and the gradients
 * are made chunk by chunk in one sweep, so that the [tokens, vocab] logits never exist as a whole.
 * Shapes: x [tokens, hidden], weight [vocab, hidden], targets int32 [tokens], result a scalar.
 * Hsu et al. 2024, "Liger kernel"; Wijmans et al. 2024, "Cut your losses".
 */
export function linearCrossEntropy(
  x: Tensor2D,
  weight: Tensor2D,
  targets: Tensor1D,
  options: LinearCrossEntropyOptions,
): Scalar {
  expectLossShapes('linearCrossEntropy', x, weight, targets);
  return linearCrossEntropyReference(x, weight, targets, options);
}

/** `linearCrossEntropy` in plain tfjs ops. */
export function linearCrossEntropyReference(
  x: Tensor2D,
  weight: Tensor2D,
  targets: Tensor1D,
  options: TokenLossOptions,
): Scalar {
  const count = maximum(sum(cast(greaterEqual(targets, 0), 'float32')), 1);
  return div(sum(tokenLossesReference(x, weight, targets, options)), count) as Scalar;
}
