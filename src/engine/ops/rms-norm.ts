import { add, mean, mul, rsqrt, square, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { expectShape, lastSize } from './expect-shape';

export interface RmsNormOptions {
  readonly epsilon: number;
  /** Multiply by 1 + weight instead of weight (Gemma). */
  readonly unitOffset: boolean;
}

/**
 * Root mean square norm over the last dimension: y = x / sqrt(mean(x²) + epsilon) · w.
 *
 * Shapes: x [..., dim], weight [dim] or null (no scale), result like x. Zhang and Sennrich 2019.
 */
export function rmsNorm(x: Tensor, weight: Tensor1D | null, options: RmsNormOptions): Tensor {
  const dim = lastSize('rmsNorm', 'x', x);
  if (weight !== null) expectShape('rmsNorm', 'weight', weight, [dim]);
  return rmsNormReference(x, weight, options);
}

/** `rmsNorm` in plain tfjs ops. */
export function rmsNormReference(x: Tensor, weight: Tensor1D | null, { epsilon, unitOffset }: RmsNormOptions): Tensor {
  const normalized = mul(x, rsqrt(add(mean(square(x), -1, true), epsilon)));
  if (weight === null) return normalized;
  return mul(normalized, unitOffset ? add(weight, 1) : weight);
}
