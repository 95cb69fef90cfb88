import { concat, slice, type Tensor1D, type Tensor3D, zeros } from '@tensorflow/tfjs-core';
import { causalConvolution } from '../ops/causal-convolution';
import type { Memory } from './layer';

/** A depthwise causal convolution with SiLU that, while decoding, goes on where the last call ended: it keeps taps - 1 rows under `name`. */
export function convolve(
  x: Tensor3D,
  weight: Tensor3D,
  bias: Tensor1D | null,
  { memory, name = 'convolution' }: { readonly memory: Memory | null; readonly name?: string },
): Tensor3D {
  const past = weight.shape[2] - 1;
  if (memory === null || past === 0) return causalConvolution(x, weight, bias, { silu: true });
  const [batch, seq, channels] = x.shape;
  const history = (memory.get(name) as Tensor3D | null) ?? (zeros([batch, past, channels]) as Tensor3D);
  const y = causalConvolution(x, weight, bias, { silu: true, history });
  // Setting frees the history, so it comes last.
  memory.set(name, slice(concat([history, x], 1), [0, seq, 0], [batch, past, channels]));
  return y;
}
