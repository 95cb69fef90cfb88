import { add, slice, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Layer } from '../layer';

/** x_p = x_p + table[p], once, before the first layer; queries and keys are not turned. */
export const learnedLayer: Layer<'position.learned'> = {
  add(hidden, { weights, pass }) {
    const [, seq, size] = hidden.shape;
    return add(hidden, slice(weights.get('table', 2), [pass.offset, 0], [seq, size])) as Tensor3D;
  },
  rotate: x => x,
};
