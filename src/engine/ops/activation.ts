import { add, erf, mul, relu, sigmoid, square, type Tensor, tanh } from '@tensorflow/tfjs-core';

import { fused, inPlaceOf } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';

/** The activation functions of feed-forward blocks. */
export type ActivationKind = 'gelu' | 'gelu_tanh' | 'relu' | 'relu2' | 'silu';

/** The numbers of native/source/kernels.h. */
export const activationNumbers: { readonly [Kind in ActivationKind]: number } = {
  gelu: 0,
  gelu_tanh: 1,
  relu: 2,
  relu2: 3,
  silu: 4,
};

/**
 * An activation function, element by element; result like x.
 *
 * - gelu: x Φ(x) with the exact normal distribution (Hendrycks and Gimpel 2016)
 * - gelu_tanh: x/2 (1 + tanh(sqrt(2/π) (x + 0.044715 x³)))
 * - relu: max(x, 0); relu2: max(x, 0)² (So et al. 2021, "Primer")
 * - silu: x σ(x) (Elfwing et al. 2017)
 */
export function activation(x: Tensor, kind: ActivationKind): Tensor {
  const native = currentNativeBackend();
  return native === null ? activationReference(x, kind) : activationNative(native, x, kind);
}

/** `activation` in plain tfjs ops. */
export function activationReference(x: Tensor, kind: ActivationKind): Tensor {
  switch (kind) {
    case 'gelu':
      return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
    case 'gelu_tanh': {
      const inner = mul(mul(x, Math.sqrt(2 / Math.PI)), add(mul(square(x), 0.044715), 1));
      return mul(mul(x, 0.5), add(tanh(inner), 1));
    }
    case 'relu':
      return relu(x);
    case 'relu2':
      return square(relu(x));
    case 'silu':
      return mul(x, sigmoid(x));
  }
}

function activationNative(backend: NativeBackend, x: Tensor, kind: ActivationKind): Tensor {
  const number = activationNumbers[kind];
  return fused(
    [x],
    () => {
      const y = backend.outputTensor(x.shape);
      backend.addon.activation(number, x.size, backend.floats(x), null, backend.floats(y));
      return { value: y, keep: [x] };
    },
    (dy, [kept]) => {
      if (!kept) throw new Error('activation: the gradient needs x');
      const dx = inPlaceOf(kept);
      const [input, dOut] = [backend.floats(kept), backend.floats(dy)];
      backend.addon.activationGradient(number, x.size, input, null, dOut, backend.floats(dx), null);
      return [dx];
    },
  );
}
