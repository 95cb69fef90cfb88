import { concat, customGrad, slice, type Tensor, type Tensor1D, type Tensor2D, zeros } from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';

/**
 * Rows [start, start + count) of a matrix, or elements of a vector: one of several weights that are stored as one. Shapes: x
 * [rows, ...], result [count, ...].
 */
export function rows<T extends Tensor1D | Tensor2D>(x: T, start: number, count: number): T {
  const native = currentNativeBackend();
  return native === null ? rowsReference(x, start, count) : rowsNative(native, x, start, count);
}

/** `rows` in plain tfjs ops. Its gradient is put together by `concat`. */
export function rowsReference<T extends Tensor1D | Tensor2D>(x: T, start: number, count: number): T {
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

/** The first part makes the gradient of the whole, the others add to their own rows of it. */
function rowsNative<T extends Tensor1D | Tensor2D>(backend: NativeBackend, x: T, start: number, count: number): T {
  const width = x.size / x.shape[0];
  const [begin, end] = [start * width, (start + count) * width];
  return fused<T>(
    [x],
    () => {
      const y = backend.outputTensor<T>([count, ...x.shape.slice(1)]);
      backend.floats(y).set(backend.floats(x).subarray(begin, end));
      return { value: y, keep: [] };
    },
    (dy, _kept, into) => {
      const [sum, slope] = [into(0), backend.floats(dy)];
      if (sum !== null) {
        backend.addon.addTo(slope.length, slope, backend.floats(sum).subarray(begin, end));
        return [sum];
      }
      const whole = backend.outputTensor(x.shape);
      const values = backend.floats(whole);
      values.fill(0, 0, begin);
      values.set(slope, begin);
      values.fill(0, end);
      return [whole];
    },
  );
}
