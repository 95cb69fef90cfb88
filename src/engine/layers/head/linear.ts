import { concat, div, expandDims, mul, ones, type Tensor1D, type Tensor2D, tanh } from '@tensorflow/tfjs-core';
import type { WeightNameOf } from '../../../architecture/registry';
import { linear } from '../../ops/linear';
import { linearCrossEntropy } from '../../ops/linear-cross-entropy';
import { tokenLosses } from '../../ops/token-losses';
import type { Layer, Weights } from '../layer';

/** z = scale * (W x + b), z = cap * tanh(z / cap) when capped. W is the embedding table when tied. */
export const linearHeadLayer: Layer<'head.linear'> = {
  logits(x, { config, weights, pass }) {
    const plain = linear(x, weights.get('weight', 2), weights.find('bias', 1), pass.precision) as Tensor2D;
    const raw = scaled(plain, config.scale);
    return config.softcap === null ? raw : mul(tanh(div(raw, config.softcap)), config.softcap);
  },
  loss(x, targets, { config, weights, pass }) {
    const [rows, matrix] = withBias(x, weights);
    const { softcap, scale } = config;
    return linearCrossEntropy(scaled(rows, scale), matrix, targets, {
      softcap,
      precision: pass.precision,
      training: pass.training,
    });
  },
  tokenLosses(x, targets, { config, weights, pass }) {
    const [rows, matrix] = withBias(x, weights);
    return tokenLosses(scaled(rows, config.scale), matrix, targets, {
      softcap: config.softcap,
      precision: pass.precision,
    });
  },
};

/** Scaled rows give scaled logits: the bias is one of their columns. Specs of earlier runs do not name a scale. */
const scaled = (rows: Tensor2D, scale: number | undefined): Tensor2D =>
  scale === undefined || scale === 1 ? rows : mul(rows, scale);

/** A bias as one more column of the matrix and a 1 at the end of every row: the loss ops know matrices only. */
function withBias(x: Tensor2D, weights: Weights<WeightNameOf<'head.linear'>>): [rows: Tensor2D, matrix: Tensor2D] {
  const matrix = weights.get('weight', 2);
  const bias: Tensor1D | null = weights.find('bias', 1);
  if (bias === null) return [x, matrix];
  return [concat([x, ones([x.shape[0], 1])], 1), concat([matrix, expandDims(bias, 1)], 1)];
}
