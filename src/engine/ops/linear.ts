import { add, matMul, reshape, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
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
  return linearReference(x, weight, bias, precision);
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
