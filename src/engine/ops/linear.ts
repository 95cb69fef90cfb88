import { add, matMul, reshape, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { type Precision, roundGradientToBfloat16, roundToBfloat16 } from './bfloat16';
import { expectShape } from './expect-shape';

/**
 * A linear projection of the last dimension: y = x Wᵀ + b.
 *
 * Shapes: x [..., in], weight [out, in], bias [out] or null, result [..., out].
 * With precision 'bf16' both factors of every product (also in the gradient) are rounded to bfloat16 and summed in fp32.
 */
export function linear(x: Tensor, weight: Tensor2D, bias: Tensor1D | null, precision: Precision = 'fp32'): Tensor {
  const [outSize, inSize] = weight.shape;
  expectShape('linear', 'weight', weight, [null, null]);
  expectShape('linear', 'x', x, ['...', inSize]);
  if (bias !== null) expectShape('linear', 'bias', bias, [outSize]);
  const native = currentNativeBackend();
  return native === null
    ? linearReference(x, weight, bias, precision)
    : linearNative(native, x, weight, bias, precision);
}

/** `linear` in plain tfjs ops. */
export function linearReference(x: Tensor, weight: Tensor2D, bias: Tensor1D | null, precision: Precision): Tensor {
  const [outSize, inSize] = weight.shape;
  const rows = reshape(x, [-1, inSize]) as Tensor2D;
  const product =
    precision === 'bf16'
      ? roundGradientToBfloat16(matMul(roundToBfloat16(rows), roundToBfloat16(weight), false, true))
      : matMul(rows, weight, false, true);
  const flat = bias === null ? product : add(product, bias);
  return reshape(flat, [...x.shape.slice(0, -1), outSize]);
}

/** One product forward and two backwards; the transposes are folded into the packing of the factors. */
function linearNative(
  backend: NativeBackend,
  x: Tensor,
  weight: Tensor2D,
  bias: Tensor1D | null,
  precision: Precision,
): Tensor {
  const { addon } = backend;
  const [outSize, inSize] = weight.shape;
  const rows = x.size / inSize;
  const bf16 = precision === 'bf16' ? 1 : 0;
  return fused(
    [x, weight, bias],
    () => {
      const y = backend.outputTensor([...x.shape.slice(0, -1), outSize]);
      const offset = bias === null ? null : backend.floats(bias);
      const factors = [backend.floats(x), backend.floats(weight)] as const;
      // y[r, o] = Σ_i x[r, i] weight[o, i]
      addon.matrixProduct(
        1,
        rows,
        outSize,
        inSize,
        0,
        inSize,
        1,
        0,
        1,
        inSize,
        0,
        bf16,
        ...factors,
        offset,
        backend.floats(y),
      );
      return { value: y, keep: [x, weight] };
    },
    (dy, [keptX, keptWeight], into) => {
      if (keptX === undefined || keptWeight === undefined) throw new Error('linear: the gradient needs x and weight');
      const dOut = backend.floats(dy);
      const sum = into(0);
      const dx = sum ?? backend.outputTensor(x.shape);
      const more = sum === null ? 0 : 1;
      const [dX, w] = [backend.floats(dx), backend.floats(keptWeight)];
      // dx[r, i] (+)= Σ_o dy[r, o] weight[o, i]
      addon.matrixProduct(1, rows, inSize, outSize, 0, outSize, 1, 0, inSize, 1, more, bf16, dOut, w, null, dX);
      const dWeight = backend.outputTensor(weight.shape);
      const [dW, input] = [backend.floats(dWeight), backend.floats(keptX)];
      // dweight[o, i] = Σ_r dy[r, o] x[r, i]
      addon.matrixProduct(1, outSize, inSize, rows, 0, 1, outSize, 0, inSize, 1, 0, bf16, dOut, input, null, dW);
      if (bias === null) return [dx, dWeight, null];
      const dBias = backend.outputTensor(bias.shape);
      addon.sum(1, rows, outSize, 1, dOut, backend.floats(dBias));
      return [dx, dWeight, dBias];
    },
  );
}
