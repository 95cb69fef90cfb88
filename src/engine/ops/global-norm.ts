import { addN, type Scalar, scalar, sqrt, square, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { currentNativeBackend } from '../backends/native/native-backend';

/**
 * The Euclidean norm of all elements of all tensors together: sqrt(Σ x²). Without tensors it is 0.
 *
 * It has no gradient on the native backend; read it with `dataSync()` to clip.
 */
export function globalNorm(tensors: readonly Tensor[]): Scalar {
  const backend = currentNativeBackend();
  if (backend === null) return globalNormReference(tensors);
  let squares = 0;
  for (const tensor of tensors) squares += backend.addon.sumOfSquares(tensor.size, backend.floats(tensor));
  return scalar(Math.sqrt(squares));
}

/** `globalNorm` in plain tfjs ops. */
export function globalNormReference(tensors: readonly Tensor[]): Scalar {
  if (tensors.length === 0) return scalar(0);
  return tidy(() => sqrt(addN(tensors.map(tensor => sum(square(tensor)) as Scalar)))) as Scalar;
}
