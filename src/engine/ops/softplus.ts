import { customGrad, mul, sigmoid, type Tensor, softplus as tfjsSoftplus } from '@tensorflow/tfjs-core';

/** log(1 + e^x), element by element, with its gradient sigmoid(x). */
export function softplus<T extends Tensor>(x: T): T {
  const run = customGrad((given, save) => {
    const input = given as Tensor;
    (save as (tensors: Tensor[]) => void)([input]);
    return {
      value: tfjsSoftplus(input),
      gradFunc: (dy: Tensor, saved: Tensor[]) => saved.map(kept => mul(dy, sigmoid(kept))),
    };
  });
  return run(x) as T;
}
