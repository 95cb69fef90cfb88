import { add, mul, reshape, slice, type Tensor1D, type Tensor3D, transpose } from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { activationReference } from './activation';
import { expectShape } from './expect-shape';
import { shifted } from './shifted';

export interface ConvolutionOptions {
  /** SiLU behind the convolution. */
  readonly silu: boolean;
  /** The taps - 1 rows before x, [batch, taps - 1, channels], while decoding; it gets no gradient. `null`: zeros. */
  readonly history?: Tensor3D | null;
}

/**
 * Depthwise causal convolution: y_t = act(Σ_j w_j x_(t - taps + 1 + j) + bias), each channel on its own.
 *
 * Shapes: x [batch, seq, channels], weight [channels, 1, taps], bias [channels] or null, result like x.
 */
export function causalConvolution(
  x: Tensor3D,
  weight: Tensor3D,
  bias: Tensor1D | null,
  options: ConvolutionOptions,
): Tensor3D {
  const [batch, , channels] = x.shape;
  expectShape('causalConvolution', 'weight', weight, [channels, 1, null]);
  if (bias !== null) expectShape('causalConvolution', 'bias', bias, [channels]);
  if (options.history) {
    expectShape('causalConvolution', 'history', options.history, [batch, weight.shape[2] - 1, channels]);
  }
  const native = currentNativeBackend();
  return native === null
    ? causalConvolutionReference(x, weight, bias, options)
    : causalConvolutionNative(native, x, weight, bias, options);
}

/** `causalConvolution` in plain tfjs ops: one shifted product per tap. */
export function causalConvolutionReference(
  x: Tensor3D,
  weight: Tensor3D,
  bias: Tensor1D | null,
  { silu, history }: ConvolutionOptions,
): Tensor3D {
  const taps = weight.shape[2];
  const tokensFirst = (rows: Tensor3D) => transpose(rows, [1, 0, 2]);
  const [tokens, earlier] = [tokensFirst(x), history ? tokensFirst(history) : null];
  const products = Array.from({ length: taps }, (_, tap) => {
    const by = taps - 1 - tap;
    const before = earlier !== null && by > 0 ? slice(earlier, [tap, 0, 0], [by, -1, -1]) : 0;
    return mul(shifted(tokens, by, before), reshape(slice(weight, [0, 0, tap], [-1, 1, 1]), [-1]));
  });
  const sum = products.reduce((total, product) => add(total, product));
  const y = bias === null ? sum : add(sum, bias);
  return tokensFirst((silu ? activationReference(y, 'silu') : y) as Tensor3D);
}

/** One pass over the rows each way; the activation's input is made again for the gradient. */
function causalConvolutionNative(
  backend: NativeBackend,
  x: Tensor3D,
  weight: Tensor3D,
  bias: Tensor1D | null,
  { silu, history }: ConvolutionOptions,
): Tensor3D {
  const { addon } = backend;
  const [batch, seq, channels] = x.shape;
  const taps = weight.shape[2];
  const sizes = [batch, seq, channels, taps, silu ? 1 : 0] as const;
  const offset = bias === null ? null : backend.floats(bias);
  // With one tap there is nothing before the start.
  const past = history && taps > 1 ? backend.floats(history) : null;
  return fused<Tensor3D>(
    [x, weight, bias],
    () => {
      const y = backend.outputTensor<Tensor3D>(x.shape);
      addon.convolution(...sizes, backend.floats(x), backend.floats(weight), offset, past, backend.floats(y));
      return { value: y, keep: bias === null ? [x, weight] : [x, weight, bias] };
    },
    (dy, [keptX, keptWeight, keptBias]) => {
      if (!keptX || !keptWeight) throw new Error('causalConvolution: the gradient needs x and weight');
      const [dx, dWeight] = [backend.outputTensor(x.shape), backend.outputTensor(weight.shape)];
      const dBias = bias === null ? null : backend.outputTensor(bias.shape);
      const kept = [
        backend.floats(keptX),
        backend.floats(keptWeight),
        keptBias ? backend.floats(keptBias) : null,
      ] as const;
      const results = [
        backend.floats(dx),
        backend.floats(dWeight),
        dBias === null ? null : backend.floats(dBias),
      ] as const;
      addon.convolutionGradient(...sizes, ...kept, past, backend.floats(dy), ...results);
      return [dx, dWeight, dBias];
    },
  );
}
