import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { WeightNameOf } from '../../../architecture/registry';
import type { ActivationKind } from '../../ops/activation';
import { gatedActivation } from '../../ops/gated-activation';
import { linear } from '../../ops/linear';
import type { Scope } from '../layer';

/** y = W_down (act(W_gate x) * W_up x), with biases where the table has them. Shazeer 2020. */
export function gatedFeed(
  x: Tensor3D,
  kind: ActivationKind,
  { weights, pass }: Pick<Scope<unknown, WeightNameOf<'ffn.swiglu'>>, 'weights' | 'pass'>,
): Tensor3D {
  const gate = linear(x, weights.get('gate', 2), weights.find('gate_bias', 1), pass.precision);
  const up = linear(x, weights.get('up', 2), weights.find('up_bias', 1), pass.precision);
  const inner = gatedActivation(gate, up, kind);
  return linear(inner, weights.get('down', 2), weights.find('down_bias', 1), pass.precision) as Tensor3D;
}
