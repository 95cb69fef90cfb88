import { add, mean, mul, rsqrt, square, sub, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { expectShape, lastSize } from './expect-shape';

/**
 * Layer norm over the last dimension: y = (x - mean) / sqrt(variance + epsilon) · w + b.
 *
 * Shapes: x [..., dim], weight and bias [dim] or null, result like x. Ba et al. 2016.
 */
export function layerNorm(x: Tensor, weight: Tensor1D | null, bias: Tensor1D | null, epsilon: number): Tensor {
  const dim = lastSize('layerNorm', 'x', x);
  if (weight !== null) expectShape('layerNorm', 'weight', weight, [dim]);
  if (bias !== null) expectShape('layerNorm', 'bias', bias, [dim]);
  return layerNormReference(x, weight, bias, epsilon);
}

/** `layerNorm` in plain tfjs ops. */
export function layerNormReference(x: Tensor, weight: Tensor1D | null, bias: Tensor1D | null, epsilon: number): Tensor {
  const centred = sub(x, mean(x, -1, true));
  const normalized = mul(centred, rsqrt(add(mean(square(centred), -1, true), epsilon)));
  const scaled = weight === null ? normalized : mul(normalized, weight);
  return bias === null ? scaled : add(scaled, bias);
}
