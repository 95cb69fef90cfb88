import { customGrad, ones, type Scalar, type Tensor } from '@tensorflow/tfjs-core';

/**
 * x itself, with a loss tied to it: the backward pass adds the gradient of `loss` to that of the model's own loss, and the
 * value of the model's loss stays what it is. `loss` is a scalar in the same units (a mean over tokens).
 */
export function attachLoss<T extends Tensor>(x: T, loss: Scalar): T {
  return attach(x, loss) as T;
}

const attach = customGrad((x, _loss, _save) => ({
  value: (x as Tensor).clone(),
  gradFunc: (dy: Tensor) => [dy.clone(), ones([])],
}));
