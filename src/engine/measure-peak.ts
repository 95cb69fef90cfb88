import { type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { createRandom } from '../base/random';
import type { BackendId } from './backends/backend-report';
import type { Precision } from './ops/bfloat16';
import { linear } from './ops/linear';

/** Sizes of the matrices: where arithmetic limits and not memory or overhead, and on plain JavaScript what takes no seconds. */
const sizes: { readonly [Id in BackendId]: number } = { native: 384, tensorflow: 384, fallback: 64 };

/**
 * Fastest matrix product of this machine with the current backend, in FLOPs per second (2 per multiply-add): the best of
 * a few products of square matrices. What a training reaches of it is its utilisation.
 */
export function measurePeak(backend: BackendId, precision: Precision, durationMs = 200): number {
  const size = sizes[backend];
  return (2 * size ** 3) / (bestProductMs(size, precision, durationMs) / 1000);
}

/** Shortest time of a product of two square matrices, the best of as many as fit into the duration. */
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
      // In braces: tidy looks through what it gets back, element by element.
      tidy(() => {
        linear(x, weight, null, precision).dataSync();
      });
      bestMs = Math.min(bestMs, performance.now() - began);
    } while (performance.now() < end);
  });
  return bestMs;
}
