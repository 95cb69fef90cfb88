import { mul, type Tensor4D, tensor4d } from '@tensorflow/tfjs-core';

/** How queries grow with their position. */
export interface PositionTemperature {
  /** Growth per step of the logarithm. */
  readonly strength: number;
  /** Positions per step. */
  readonly floor: number;
  /** Number of the first position: 1 in Llama 4, 0 in Mistral. */
  readonly first: 0 | 1;
}

/**
 * Sharpens attention at late positions: y_p = x_p · (1 + strength · log(1 + floor((p + first) / floor))).
 *
 * The first row stands at position `offset`. Shapes: x [batch, seq, heads, headDim], result like x.
 * Nakanishi 2025, "Scalable-Softmax"; as in Llama 4 (Meta 2025).
 */
export function scaleByPosition(
  x: Tensor4D,
  offset: number,
  { strength, floor, first }: PositionTemperature,
): Tensor4D {
  const [, seq] = x.shape;
  // Up to the first step every factor is 1.
  if (offset + seq - 1 + first < floor) return x;
  const factors = Float32Array.from(
    { length: seq },
    (_, row) => 1 + strength * Math.log1p(Math.floor((offset + row + first) / floor)),
  );
  return mul(x, tensor4d(factors, [1, seq, 1, 1]));
}
