import { add, mean, mul, rsqrt, square, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
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
  const native = currentNativeBackend();
  return native === null ? rmsNormReference(x, weight, options) : rmsNormNative(native, x, weight, options);
}

/** `rmsNorm` in plain tfjs ops. */
export function rmsNormReference(x: Tensor, weight: Tensor1D | null, { epsilon, unitOffset }: RmsNormOptions): Tensor {
  const normalized = mul(x, rsqrt(add(mean(square(x), -1, true), epsilon)));
  if (weight === null) return normalized;
  return mul(normalized, unitOffset ? add(weight, 1) : weight);
}

/** One pass over the rows each way; 1 / root mean square is kept per row. */
function rmsNormNative(
  backend: NativeBackend,
  x: Tensor,
  weight: Tensor1D | null,
  { epsilon, unitOffset }: RmsNormOptions,
): Tensor {
  const dim = x.shape.at(-1) ?? 1;
  const rows = x.size / dim;
  const offset = unitOffset ? 1 : 0;
  const maybe = (tensor: Tensor | null | undefined) => (tensor ? backend.floats(tensor) : null);
  const run = (input: Tensor, factors: Tensor | null | undefined, scale: Tensor): Tensor => {
    const y = backend.outputTensor(x.shape);
    const arrays = [
      backend.floats(input),
      maybe(factors),
      null,
      backend.floats(y),
      null,
      backend.floats(scale),
    ] as const;
    backend.addon.norm(0, rows, dim, epsilon, offset, ...arrays);
    return y;
  };
  return fused(
    [x, weight],
    () => {
      const scale = backend.outputTensor([rows]);
      return {
        value: run(x, weight, scale),
        keep: weight === null ? [x, scale] : [x, scale, weight],
        remake: ([keptX, keptScale, keptWeight]) => {
          if (!keptX || !keptScale) throw new Error('rmsNorm: making it again needs x and the scales');
          return run(keptX, keptWeight, keptScale);
        },
      };
    },
    (dy, [keptX, keptScale, keptWeight], into) => {
      if (!keptX || !keptScale) throw new Error('rmsNorm: the gradient needs x and the scales');
      const sum = into(0);
      const dx = sum ?? backend.outputTensor(x.shape);
      const dWeight = weight === null ? null : backend.outputTensor(weight.shape);
      const saved = [backend.floats(keptX), maybe(keptWeight), null, backend.floats(keptScale)] as const;
      const results = [backend.floats(dx), maybe(dWeight), null] as const;
      backend.addon.normGradient(0, rows, dim, offset, sum === null ? 0 : 1, ...saved, backend.floats(dy), ...results);
      return [dx, dWeight];
    },
  );
}
