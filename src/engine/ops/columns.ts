import { concat, customGrad, slice, type Tensor, type Tensor2D, zeros } from '@tensorflow/tfjs-core';

/**
 * Columns [start, start + width) of a matrix. Its gradient is put together by `concat`, which every backend does fast, where
 * tfjs's own slice would pad element by element. Shapes: x [rows, columns], result [rows, width].
 */
export function columns(x: Tensor2D, start: number, width: number): Tensor2D {
  const [rows, all] = x.shape;
  const end = start + width;
  const take = customGrad((given, _save) => ({
    value: slice(given as Tensor2D, [0, start], [rows, width]),
    gradFunc: (dy: Tensor) => {
      const before = start > 0 ? [zeros([rows, start])] : [];
      const after = end < all ? [zeros([rows, all - end])] : [];
      return [concat([...before, dy, ...after], 1)];
    },
  }));
  return take(x) as Tensor2D;
}
