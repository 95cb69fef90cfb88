import type { Tensor3D } from '@tensorflow/tfjs-core';
import { activation } from '../../ops/activation';
import { linear } from '../../ops/linear';
import type { Layer } from '../layer';

/** y = W_down act(W_up x). */
export const mlpLayer: Layer<'ffn.mlp'> = {
  feed(x, { config, weights, pass }) {
    const up = linear(x, weights.get('up', 2), weights.find('up_bias', 1), pass.precision);
    const inner = activation(up, config.activation);
    return linear(inner, weights.get('down', 2), weights.find('down_bias', 1), pass.precision) as Tensor3D;
  },
};
