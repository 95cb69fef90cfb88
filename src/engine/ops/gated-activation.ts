import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { fused, inPlaceOf } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { type ActivationKind, activationNumbers, activationReference } from './activation';
import { expectShape } from './expect-shape';

/**
 * The heart of a gated feed-forward block: y = activation(gate) · up. SwiGLU with 'silu', GeGLU with 'gelu'.
 *
 * Shapes: gate, up and the result are alike. Shazeer 2020, "GLU variants improve transformer".
 */
export function gatedActivation(gate: Tensor, up: Tensor, kind: ActivationKind): Tensor {
  expectShape('gatedActivation', 'up', up, gate.shape);
  const native = currentNativeBackend();
  return native === null ? gatedActivationReference(gate, up, kind) : gatedActivationNative(native, gate, up, kind);
}

/** `gatedActivation` in plain tfjs ops. */
export function gatedActivationReference(gate: Tensor, up: Tensor, kind: ActivationKind): Tensor {
  return mul(activationReference(gate, kind), up);
}

/**
 * Both gradients in one pass, in the place of the inputs where nobody else needs these any more: they are the widest arrays of a
 * step. activation(gate) is made again instead of kept.
 */
function gatedActivationNative(backend: NativeBackend, gate: Tensor, up: Tensor, kind: ActivationKind): Tensor {
  const number = activationNumbers[kind];
  const run = (gateOf: Tensor, upOf: Tensor): Tensor => {
    const y = backend.outputTensor(gateOf.shape);
    backend.addon.activation(number, y.size, backend.floats(gateOf), backend.floats(upOf), backend.floats(y));
    return y;
  };
  return fused(
    [gate, up],
    () => ({
      value: run(gate, up),
      keep: [gate, up],
      remake: ([keptGate, keptUp]) => {
        if (!keptGate || !keptUp) throw new Error('gatedActivation: making it again needs gate and up');
        return run(keptGate, keptUp);
      },
    }),
    (dy, [keptGate, keptUp]) => {
      if (!keptGate || !keptUp) throw new Error('gatedActivation: the gradient needs gate and up');
      const [dGate, dUp] = [inPlaceOf(keptGate), inPlaceOf(keptUp)];
      const given = [backend.floats(keptGate), backend.floats(keptUp), backend.floats(dy)] as const;
      backend.addon.activationGradient(number, gate.size, ...given, backend.floats(dGate), backend.floats(dUp));
      return [dGate, dUp];
    },
  );
}
