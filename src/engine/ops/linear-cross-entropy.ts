import {
  cast,
  div,
  greaterEqual,
  maximum,
  mul,
  type Scalar,
  scalar,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
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
  const native = currentNativeBackend();
  return native === null
    ? linearCrossEntropyReference(x, weight, targets, options)
    : linearCrossEntropyNative(native, x, weight, targets, options);
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

/** The gradients are made with the loss; backwards they are only scaled by the gradient of the loss, usually 1. */
function linearCrossEntropyNative(
  backend: NativeBackend,
  x: Tensor2D,
  weight: Tensor2D,
  targets: Tensor1D,
  { softcap, precision, training }: LinearCrossEntropyOptions,
): Scalar {
  const [tokens, hidden] = x.shape;
  const sweep = (dX: Tensor | null, dWeight: Tensor | null): Scalar => {
    const losses = backend.outputTensor([tokens]);
    const settings = [softcap ?? 0, precision === 'bf16' ? 1 : 0] as const;
    const given = [backend.floats(x), backend.floats(weight), backend.ints(targets)] as const;
    const gradients = [dX && backend.floats(dX), dWeight && backend.floats(dWeight)] as const;
    const { addon } = backend;
    const mean = addon.crossEntropy(
      tokens,
      hidden,
      weight.shape[0],
      ...settings,
      ...given,
      backend.floats(losses),
      ...gradients,
    );
    losses.dispose();
    return scalar(mean);
  };
  if (!training) return sweep(null, null);
  return fused<Scalar>(
    [x, weight],
    () => {
      const gradients = [backend.outputTensor(x.shape), backend.outputTensor(weight.shape)] as const;
      return { value: sweep(...gradients), keep: gradients };
    },
    (dy, gradients) => {
      const unscaled = backend.floats(dy)[0] === 1;
      return gradients.map(gradient => (unscaled ? gradient.clone() : mul(gradient, dy)));
    },
  );
}
