import { type Tensor, tensor } from '@tensorflow/tfjs-core';

/** The numbers of x without its past: no gradient flows back through the result. */
export const detach = <T extends Tensor>(x: T): T =>
  // A copy: the data of x may be used again.
  tensor(x.dataSync<'float32'>().slice(), x.shape, 'float32') as Tensor as T;
