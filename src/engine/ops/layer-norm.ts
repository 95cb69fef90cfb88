import { add, mean, mul, rsqrt, square, sub, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
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
  const native = currentNativeBackend();
  return native === null
    ? layerNormReference(x, weight, bias, epsilon)
    : layerNormNative(native, x, weight, bias, epsilon);
}

/** `layerNorm` in plain tfjs ops. */
export function layerNormReference(x: Tensor, weight: Tensor1D | null, bias: Tensor1D | null, epsilon: number): Tensor {
  const centred = sub(x, mean(x, -1, true));
  const normalized = mul(centred, rsqrt(add(mean(square(centred), -1, true), epsilon)));
  const scaled = weight === null ? normalized : mul(normalized, weight);
  return bias === null ? scaled : add(scaled, bias);
}

/** The mean and 1 / deviation are kept per row. */
function layerNormNative(
  backend: NativeBackend,
  x: Tensor,
  weight: Tensor1D | null,
  bias: Tensor1D | null,
  epsilon: number,
): Tensor {
  const dim = x.shape.at(-1) ?? 1;
  const rows = x.size / dim;
  const maybe = (tensor: Tensor | null | undefined) => (tensor ? backend.floats(tensor) : null);
  return fused(
    [x, weight, bias],
    () => {
      const y = backend.outputTensor(x.shape);
      const [mean, scale] = [backend.outputTensor([rows]), backend.outputTensor([rows])];
      const given = [backend.floats(x), maybe(weight), maybe(bias)] as const;
      const results = [backend.floats(y), backend.floats(mean), backend.floats(scale)] as const;
      backend.addon.norm(1, rows, dim, epsilon, 0, ...given, ...results);
      return { value: y, keep: weight === null ? [x, mean, scale] : [x, mean, scale, weight] };
    },
    (dy, [keptX, keptMean, keptScale, keptWeight]) => {
      if (!keptX || !keptMean || !keptScale) throw new Error('layerNorm: the gradient needs x, means and scales');
      const dx = backend.outputTensor(x.shape);
      const dWeight = weight === null ? null : backend.outputTensor(weight.shape);
      const dBias = bias === null ? null : backend.outputTensor(bias.shape);
      const rowFacts = [backend.floats(keptMean), backend.floats(keptScale)] as const;
      const saved = [backend.floats(keptX), maybe(keptWeight), ...rowFacts] as const;
      const results = [backend.floats(dx), maybe(dWeight), maybe(dBias)] as const;
      backend.addon.normGradient(1, rows, dim, 0, 0, ...saved, backend.floats(dy), ...results);
      return [dx, dWeight, dBias];
    },
  );
}
