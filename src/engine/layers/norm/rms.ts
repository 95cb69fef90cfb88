import type { Tensor3D } from '@tensorflow/tfjs-core';
import { rmsNorm } from '../../ops/rms-norm';
import type { Layer } from '../layer';

/** y = x / sqrt(mean(x^2) + epsilon) * w, or * (1 + w), or neither. */
export const rmsLayer: Layer<'norm.rms'> = {
  normalize: (x, { config, weights }) =>
    rmsNorm(x, weights.find('weight', 1), { epsilon: config.epsilon, unitOffset: config.unit_offset }) as Tensor3D,
};
