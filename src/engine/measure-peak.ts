import { type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { createRandom } from '../base/random';
import type { Precision } from './ops/bfloat16';
import { linear } from './ops/linear';

/** Sizes of the matrices: the large one is limited by arithmetic, the small one tells whether the large one takes long. */
const smallSize = 64;
const largeSize = 384;
const slowMs = 2;

/**
 * Fastest matrix product of this machine with the current backend, in FLOPs per second (2 per multiply-add): the best of
 * a few products of square matrices. What a training reaches of it is its utilisation.
 */
export function measurePeak(precision: Precision, durationMs = 200): number {
  // The first product pays for buffers.
  bestProductMs(smallSize, precision, 0);
  const smallMs = bestProductMs(smallSize, precision, 0);
  const size = smallMs > slowMs ? smallSize : largeSize;
  return (2 * size ** 3) / (bestProductMs(size, precision, durationMs) / 1000);
}

/** Shortest time of a product of two square matrices, of one or as many as fit into the duration. */
function bestProductMs(size: number, precision: Precision, durationMs: number): number {
  const random = createRandom('peak');
  const draw = (): Tensor2D => {
    const values = new Float32Array(size * size);
    random.fillNormal(values, 0, 1);
    return tensor2d(values, [size, size]);
  };
  let bestMs = Number.POSITIVE_INFINITY;
  tidy(() => {
    const [x, weight] = [draw(), draw()];
    const end = performance.now() + durationMs;
    do {
      const began = performance.now();
      tidy(() => linear(x, weight, null, precision).dataSync());
      bestMs = Math.min(bestMs, performance.now() - began);
    } while (performance.now() < end);
  });
  return bestMs;
}
