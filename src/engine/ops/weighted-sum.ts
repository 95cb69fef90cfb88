import {
  customGrad,
  expandDims,
  type GradSaveFunc,
  mul,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { expectShape } from './expect-shape';

/**
 * y[t] = Σ_k weights[t, k] x[t, k]: the answers of a token's experts, added up. Its gradient repeats nothing in memory.
 *
 * Shapes: x [tokens, count, hidden], weights [tokens, count], result [tokens, hidden].
 */
export function weightedSum(x: Tensor3D, weights: Tensor2D): Tensor2D {
  expectShape('weightedSum', 'weights', weights, x.shape.slice(0, 2));
  return combine(x, weights) as Tensor2D;
}

const combine = customGrad((...given) => {
  const [x, weights] = given as unknown as [Tensor3D, Tensor2D];
  (given.at(-1) as GradSaveFunc)([x, weights]);
  return {
    value: weightedSumReference(x, weights),
    gradFunc: (dy: Tensor, [keptX, keptWeights]: Tensor[]) => {
      if (keptX === undefined || keptWeights === undefined)
        throw new Error('weightedSum: the gradient needs its inputs');
      const toEach = expandDims(dy, 1);
      return [mul(toEach, expandDims(keptWeights, 2)), sum(mul(toEach, keptX), 2)];
    },
  };
});

/** `weightedSum` in plain tfjs ops. */
export const weightedSumReference = (x: Tensor3D, weights: Tensor2D): Tensor2D =>
  sum(mul(x, expandDims(weights, 2)), 1) as Tensor2D;
