import { add, div, mul, sqrt, square, sub, type Tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { expectShape } from './expect-shape';

/** One parameter with its gradient and its state; all four have the same shape. */
export interface AdamwTensor {
  readonly parameter: Variable;
  readonly gradient: Tensor;
  readonly firstMoment: Variable;
  readonly secondMoment: Variable;
  readonly weightDecay: number;
}

export interface AdamwSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Number of this update, counted from 1, for the bias correction. */
  readonly step: number;
  /** Every gradient is multiplied by it first: clipping and accumulation in one. */
  readonly gradientScale: number;
}

/**
 * One AdamW update of all tensors in place.
 *
 * g = scale · gradient, m = β₁ m + (1 - β₁) g, v = β₂ v + (1 - β₂) g²,
 * p = p - lr · decay · p - lr · (m / (1 - β₁ᵗ)) / (sqrt(v / (1 - β₂ᵗ)) + ε). Loshchilov and Hutter 2019.
 */
export function adamwStep(tensors: readonly AdamwTensor[], settings: AdamwSettings): void {
  for (const { parameter, gradient, firstMoment, secondMoment } of tensors) {
    expectShape('adamwStep', `gradient of ${parameter.name}`, gradient, parameter.shape);
    expectShape('adamwStep', `firstMoment of ${parameter.name}`, firstMoment, parameter.shape);
    expectShape('adamwStep', `secondMoment of ${parameter.name}`, secondMoment, parameter.shape);
  }
  const native = currentNativeBackend();
  if (native === null) adamwStepReference(tensors, settings);
  else adamwStepNative(native, tensors, settings);
}

/** `adamwStep` in plain tfjs ops. */
export function adamwStepReference(tensors: readonly AdamwTensor[], settings: AdamwSettings): void {
  const { learningRate, beta1, beta2, epsilon, step, gradientScale } = settings;
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - beta2 ** step;
  for (const { parameter, gradient, firstMoment, secondMoment, weightDecay } of tensors) {
    tidy(() => {
      const scaled = mul(gradient, gradientScale);
      const first = add(mul(firstMoment, beta1), mul(scaled, 1 - beta1));
      const second = add(mul(secondMoment, beta2), mul(square(scaled), 1 - beta2));
      const step = div(div(first, correction1), add(sqrt(div(second, correction2)), epsilon));
      firstMoment.assign(first);
      secondMoment.assign(second);
      parameter.assign(sub(mul(parameter, 1 - learningRate * weightDecay), mul(step, learningRate)));
    });
  }
}

/** One pass over all tensors, in place. */
function adamwStepNative(backend: NativeBackend, tensors: readonly AdamwTensor[], settings: AdamwSettings): void {
  const { learningRate, beta1, beta2, epsilon, step, gradientScale } = settings;
  backend.addon.adamw(
    learningRate,
    beta1,
    beta2,
    epsilon,
    step,
    gradientScale,
    tensors.map(({ parameter }) => backend.floatsToChange(parameter)),
    tensors.map(({ gradient }) => backend.floats(gradient)),
    tensors.map(({ firstMoment }) => backend.floatsToChange(firstMoment)),
    tensors.map(({ secondMoment }) => backend.floatsToChange(secondMoment)),
    Float32Array.from(tensors, ({ weightDecay }) => weightDecay),
  );
}
