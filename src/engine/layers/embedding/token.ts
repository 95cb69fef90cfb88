import { mul } from '@tensorflow/tfjs-core';
import { embed } from '../../ops/embed';
import type { Layer } from '../layer';

/** x = scale * table[id]. */
export const tokenEmbeddingLayer: Layer<'embedding.token'> = {
  embed(ids, { config, weights }) {
    const vectors = embed(weights.get('table', 2), ids);
    return config.scale === 1 ? vectors : mul(vectors, config.scale);
  },
};
