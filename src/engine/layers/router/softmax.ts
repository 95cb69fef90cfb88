import { div, logSumExp, mean, mul, type Scalar, softmax, square, type Tensor2D, tanh } from '@tensorflow/tfjs-core';
import { attachLoss } from '../../ops/attach-loss';
import { chooseTopK } from '../../ops/expert-order';
import { balanceLoss } from './balance-loss';
import { finishWeights, pickChosen } from './chosen-weights';
import type { Router } from './router';

/** p = softmax(cap(z)) over all experts; the top_k largest are chosen and weigh p, divided by their sum when renormalized. */
export const softmaxRouter: Router<'router.softmax'> = {
  weighs: 'output',
  route(raw, { config, topK, training }) {
    const { softcap, aux_loss: auxLoss, z_loss: zLoss } = config;
    const capped = softcap === null ? raw : (mul(tanh(div(raw, softcap)), softcap) as Tensor2D);
    const scores = training && zLoss > 0 ? attachLoss(capped, logSumExpLoss(capped, zLoss)) : capped;
    const shares = softmax(scores);
    const chosen = chooseTopK(shares.dataSync<'float32'>(), shares.shape[1], topK);
    const balanced = training && auxLoss > 0 ? attachLoss(shares, balanceLoss(shares, chosen, auxLoss)) : shares;
    return { chosen, weights: finishWeights(pickChosen(balanced, chosen, topK), config) };
  },
};

/** weight · mean (log Σ_e exp z_e)². Zoph et al. 2022, "ST-MoE". */
const logSumExpLoss = (scores: Tensor2D, weight: number): Scalar => mul(mean(square(logSumExp(scores, 1))), weight);
