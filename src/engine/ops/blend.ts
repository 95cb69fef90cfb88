import { add, mul, type Tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { currentNativeBackend } from '../backends/native/native-backend';
import { expectShape } from './expect-shape';

/** x and how much of it. */
export type Share = readonly [x: Tensor, factor: number];

/** y = a x + b z, of two tensors of one shape. It has no gradient: for optimizers. */
export function blend([x, a]: Share, [z, b]: Share): Tensor {
  expectShape('blend', 'z', z, x.shape);
  const native = currentNativeBackend();
  if (native === null) return blendReference([x, a], [z, b]);
  const y = native.outputTensor(x.shape);
  native.addon.blend(x.size, a, native.floats(x), b, native.floats(z), native.floats(y));
  return y;
}

/** y = keep y + b z, in place. */
export function blendInto(y: Variable, keep: number, [z, b]: Share): void {
  expectShape('blendInto', `what is added to ${y.name}`, z, y.shape);
  const native = currentNativeBackend();
  if (native === null) {
    tidy(() => y.assign(blendReference([y, keep], [z, b])));
  } else {
    const own = native.floatsToChange(y);
    native.addon.blend(own.length, keep, own, b, native.floats(z), own);
  }
}

/** `blend` in plain tfjs ops. */
export const blendReference = ([x, a]: Share, [z, b]: Share): Tensor => tidy(() => add(mul(x, a), mul(z, b)));
