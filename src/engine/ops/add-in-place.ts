import { add, type Tensor } from '@tensorflow/tfjs-core';
import { changeable } from '../backends/native/fused';
import { currentNativeBackend } from '../backends/native/native-backend';

/**
 * sum + more of one shape, where `sum` is used up: natively the result takes its place if nobody else sees it, else `sum` is freed.
 * `more` stays the caller's. Takes no gradient.
 */
export function addInPlace(sum: Tensor, more: Tensor): Tensor {
  const native = currentNativeBackend();
  const own = native === null ? null : changeable(sum);
  if (native === null || own === null) {
    const total = add(sum, more);
    sum.dispose();
    return total;
  }
  native.addon.addTo(own.length, native.floats(more), own);
  return sum;
}
