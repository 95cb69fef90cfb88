import { addN, type Scalar, scalar, sqrt, square, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';

/**
 * The Euclidean norm of all elements of all tensors together: sqrt(Σ x²). Without tensors it is 0.
 *
 * It has no gradient on the native backend; read it with `dataSync()` to clip.
 */
export function globalNorm(tensors: readonly Tensor[]): Scalar {
  return globalNormReference(tensors);
}

/** `globalNorm` in plain tfjs ops. */
export function globalNormReference(tensors: readonly Tensor[]): Scalar {
  if (tensors.length === 0) return scalar(0);
  return tidy(() => sqrt(addN(tensors.map(tensor => sum(square(tensor)) as Scalar)))) as Scalar;
}
