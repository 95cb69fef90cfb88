import { customGrad, mul, sub, type Tensor, tidy } from '@tensorflow/tfjs-core';

/** How the inputs of a matrix product are kept: as they are, or rounded to bfloat16 (sums stay fp32). */
export type Precision = 'fp32' | 'bf16';

/**
 * Rounds every value to the nearest bfloat16 (8 significant bits) and lets gradients pass unchanged.
 *
 * Veltkamp's splitting in fp32: c = x (2^16 + 1), round(x) = c - (c - x). Dekker 1971, "A floating-point
 * technique for extending the available precision". Exact for |x| < 2^111; ties may go either way.
 */
export function roundToBfloat16<T extends Tensor>(x: T): T {
  const straightThrough = customGrad((input, _save) => {
    const value = tidy(() => {
      const scaled = mul(input as Tensor, 65537);
      return sub(scaled, sub(scaled, input as Tensor));
    });
    return { value, gradFunc: (dy: Tensor) => dy.clone() };
  });
  return straightThrough(x) as T;
}

/** The identity whose gradient is rounded to bfloat16: what a product whose inputs are rounded sees backwards. */
export function roundGradientToBfloat16<T extends Tensor>(x: T): T {
  const rounded = customGrad((input, _save) => ({
    value: (input as Tensor).clone(),
    gradFunc: (dy: Tensor) => roundToBfloat16(dy),
  }));
  return rounded(x) as T;
}
