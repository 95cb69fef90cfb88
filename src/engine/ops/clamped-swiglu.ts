import { add, maximum, minimum, mul, sigmoid, type Tensor } from '@tensorflow/tfjs-core';

/**
 * The gated activation of GPT-OSS: y = (u + 1) · g σ(alpha g) with g = min(gate, limit) and u = clamp(up, -limit, limit).
 *
 * Shapes: gate, up and the result are alike. Beyond the limits no gradient flows.
 */
export function clampedSwiglu(
  gate: Tensor,
  up: Tensor,
  { limit, alpha }: { readonly limit: number; readonly alpha: number },
): Tensor {
  const g = minimum(gate, limit);
  const u = maximum(minimum(up, limit), -limit);
  return mul(add(u, 1), mul(g, sigmoid(mul(g, alpha))));
}
