import { add, customGrad, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';

/** x + y for tensors of one shape. Unlike tfjs's own `add` it keeps neither of them for the backward pass. */
export function residualAdd(x: Tensor3D, y: Tensor3D): Tensor3D {
  return plainSum(x, y) as Tensor3D;
}

const plainSum = customGrad((x, y, _save) => ({
  value: add(x as Tensor, y as Tensor),
  gradFunc: (dy: Tensor) => [dy.clone(), dy.clone()],
}));
