import { add, mean, mul, reshape, rsqrt, sigmoid, square, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { expectShape, lastSize } from './expect-shape';

export interface GatedRmsNormOptions {
  readonly epsilon: number;
  /** The mean square is taken over each of this many equal parts of the last dimension. */
  readonly groups: number;
  /** `before`: norm(x · act(gate)) (Mamba-2); `after`: norm(x) · act(gate) (DeltaNet). */
  readonly gated: 'before' | 'after';
  readonly activation: 'silu' | 'sigmoid';
}

/**
 * Root mean square norm with a gate: y = u / sqrt(mean(u²) + epsilon) · w with u = x · act(gate), or with u = x and y · act(gate).
 *
 * Shapes: x and gate [..., dim], weight [dim], result like x. Dao and Gu 2024 (Mamba-2), Yang et al. 2024 (Gated DeltaNet).
 */
export function gatedRmsNorm(x: Tensor, gate: Tensor, weight: Tensor1D, options: GatedRmsNormOptions): Tensor {
  const dim = lastSize('gatedRmsNorm', 'x', x);
  expectShape('gatedRmsNorm', 'gate', gate, x.shape);
  expectShape('gatedRmsNorm', 'weight', weight, [dim]);
  if (dim % options.groups !== 0) {
    throw new Error(`gatedRmsNorm: groups must divide the last dimension, but are ${options.groups} of ${dim}`);
  }
  const native = currentNativeBackend();
  return native === null
    ? gatedRmsNormReference(x, gate, weight, options)
    : gatedRmsNormNative(native, x, gate, weight, options);
}

/** `gatedRmsNorm` in plain tfjs ops. */
export function gatedRmsNormReference(
  x: Tensor,
  gate: Tensor,
  weight: Tensor1D,
  { epsilon, groups, gated, activation }: GatedRmsNormOptions,
): Tensor {
  const open = activation === 'silu' ? mul(gate, sigmoid(gate)) : sigmoid(gate);
  const u = gated === 'before' ? mul(x, open) : x;
  const grouped = reshape(u, [...x.shape.slice(0, -1), groups, (x.shape.at(-1) ?? 1) / groups]);
  const normalized = reshape(mul(grouped, rsqrt(add(mean(square(grouped), -1, true), epsilon))), x.shape);
  const y = mul(normalized, weight);
  return gated === 'before' ? y : mul(y, open);
}

/** One pass over the rows each way; 1 / root mean square is kept per row and group. */
function gatedRmsNormNative(
  backend: NativeBackend,
  x: Tensor,
  gate: Tensor,
  weight: Tensor1D,
  { epsilon, groups, gated, activation }: GatedRmsNormOptions,
): Tensor {
  const dim = weight.shape[0];
  const rows = x.size / dim;
  const flags = [gated === 'before' ? 1 : 0, activation === 'sigmoid' ? 1 : 0] as const;
  const sizes = [rows, dim, groups, epsilon, ...flags] as const;
  return fused(
    [x, gate, weight],
    () => {
      const [y, scale] = [backend.outputTensor(x.shape), backend.outputTensor([rows, groups])];
      const inputs = [backend.floats(x), backend.floats(gate), backend.floats(weight)] as const;
      backend.addon.gatedNorm(...sizes, ...inputs, backend.floats(scale), backend.floats(y));
      return { value: y, keep: [x, gate, weight, scale] };
    },
    (dy, kept) => {
      const [keptX, keptGate, keptWeight, scale] = kept.map(tensor => backend.floats(tensor));
      if (!keptX || !keptGate || !keptWeight || !scale) throw new Error('gatedRmsNorm: four saved tensors expected');
      const [dx, dGate] = [backend.outputTensor(x.shape), backend.outputTensor(gate.shape)];
      const dWeight = backend.outputTensor(weight.shape);
      const results = [backend.floats(dx), backend.floats(dGate), backend.floats(dWeight)] as const;
      backend.addon.gatedNormGradient(...sizes, keptX, keptGate, keptWeight, scale, backend.floats(dy), ...results);
      return [dx, dGate, dWeight];
    },
  );
}
