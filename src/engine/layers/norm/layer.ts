import { add, type Tensor1D, type Tensor3D } from '@tensorflow/tfjs-core';
import { layerNorm } from '../../ops/layer-norm';
import type { Layer } from '../layer';

/** y = (x - mean) / sqrt(var + epsilon) * w + b, or * (1 + w). */
export const layerNormLayer: Layer<'norm.layer'> = {
  normalize(x, { config, weights }) {
    const weight = weights.get('weight', 1);
    const factor = config.unit_offset ? (add(weight, 1) as Tensor1D) : weight;
    return layerNorm(x, factor, weights.find('bias', 1), config.epsilon) as Tensor3D;
  },
};
