import { concat, customGrad, slice, type Tensor, type Tensor1D, type Tensor2D, zeros } from '@tensorflow/tfjs-core';

/**
 * Rows [start, start + count) of a matrix, or elements of a vector: one of several weights that are stored as one. Its gradient
 * is put together by `concat`. Shapes: x [rows, ...], result [count, ...].
 */
export function rows<T extends Tensor1D | Tensor2D>(x: T, start: number, count: number): T {
  const [all, ...rest] = x.shape;
  const end = start + count;
  const take = customGrad((given, _save) => ({
    value: slice(given as Tensor, [start, ...rest.map(() => 0)], [count, ...rest]),
    gradFunc: (dy: Tensor) => {
      const before = start > 0 ? [zeros([start, ...rest])] : [];
      const after = end < all ? [zeros([all - end, ...rest])] : [];
      return [concat([...before, dy, ...after], 0)];
    },
  }));
  return take(x) as T;
}
