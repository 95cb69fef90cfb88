import {
  addN,
  div,
  reshape,
  type Scalar,
  slice,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { type Forward, rowsOf } from './forward';
import type { Pass } from './layers/layer';

/**
 * The mean over the prediction modules of their mean cross-entropies in nats: module k asks after token i for token i + k + 2.
 *
 * Shapes: ids int32 [batch, seq], hidden [batch, seq, hidden], targets [batch * seq], -1 for none. DeepSeek-AI 2024, "DeepSeek-V3".
 */
export function predictionLoss(
  forward: Forward,
  ids: Tensor2D,
  hidden: Tensor3D,
  { batch, seq, targets }: { readonly batch: number; readonly seq: number; readonly targets: Int32Array },
  pass: Pass,
): Scalar {
  const wanted = tensor2d(targets, [batch, seq], 'int32');
  const losses = forward.predictions(ids, hidden, pass).map((states, module) => {
    const ahead = module + 1;
    const shifted = reshape(slice(wanted, [0, ahead], [batch, seq - ahead]), [-1]) as Tensor1D;
    return forward.loss(rowsOf(states), shifted, pass) as Scalar;
  });
  return div(addN(losses), losses.length);
}
