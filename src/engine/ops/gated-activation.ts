import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { type ActivationKind, activationReference } from './activation';
import { expectShape } from './expect-shape';

/**
 * The heart of a gated feed-forward block: y = activation(gate) · up. SwiGLU with 'silu', GeGLU with 'gelu'.
 *
 * Shapes: gate, up and the result are alike. Shazeer 2020, "GLU variants improve transformer".
 */
export function gatedActivation(gate: Tensor, up: Tensor, kind: ActivationKind): Tensor {
  expectShape('gatedActivation', 'up', up, gate.shape);
  return gatedActivationReference(gate, up, kind);
}

/** `gatedActivation` in plain tfjs ops. */
export function gatedActivationReference(gate: Tensor, up: Tensor, kind: ActivationKind): Tensor {
  return mul(activationReference(gate, kind), up);
}
