import { add, exp, mul, neg, reshape, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { expectShape } from './expect-shape';
import { softplus } from './softplus';

/**
 * The logarithm of what a recurrent state keeps: y = -exp(rate) · softplus(x + bias), never above 0.
 *
 * Shapes: x [batch, seq, heads · channels], bias [heads · channels], rate [heads], result like x. Gu and Dao 2023 (Mamba).
 */
export function decayGate(x: Tensor, bias: Tensor1D, rate: Tensor1D): Tensor {
  const width = bias.shape[0];
  expectShape('decayGate', 'x', x, ['...', width]);
  if (width % rate.shape[0] !== 0) {
    throw new Error(`decayGate: heads must divide the channels, but are ${rate.shape[0]} of ${width}`);
  }
  const native = currentNativeBackend();
  return native === null ? decayGateReference(x, bias, rate) : decayGateNative(native, x, bias, rate);
}

/** `decayGate` in plain tfjs ops. */
export function decayGateReference(x: Tensor, bias: Tensor1D, rate: Tensor1D): Tensor {
  const heads = rate.shape[0];
  const byHead = reshape(softplus(add(x, bias)), [...x.shape.slice(0, -1), heads, bias.shape[0] / heads]);
  return reshape(mul(neg(exp(reshape(rate, [heads, 1]))), byHead), x.shape);
}

function decayGateNative(backend: NativeBackend, x: Tensor, bias: Tensor1D, rate: Tensor1D): Tensor {
  const heads = rate.shape[0];
  const channels = bias.shape[0] / heads;
  const sizes = [x.size / bias.size, heads, channels] as const;
  return fused(
    [x, bias, rate],
    () => {
      const y = backend.outputTensor(x.shape);
      const inputs = [backend.floats(x), backend.floats(bias), backend.floats(rate)] as const;
      backend.addon.decayGate(...sizes, ...inputs, backend.floats(y));
      return { value: y, keep: [x, bias, rate] };
    },
    (dy, kept) => {
      const [keptX, keptBias, keptRate] = kept.map(tensor => backend.floats(tensor));
      if (!keptX || !keptBias || !keptRate) throw new Error('decayGate: the gradient needs three saved tensors');
      const gradients = [x, bias, rate].map(({ shape }) => backend.outputTensor(shape));
      const [dx, dBias, dRate] = gradients.map(tensor => backend.floats(tensor));
      if (!dx || !dBias || !dRate) throw new Error('decayGate: three gradients expected');
      backend.addon.decayGateGradient(...sizes, keptX, keptBias, keptRate, backend.floats(dy), dx, dBias, dRate);
      return gradients;
    },
  );
}
