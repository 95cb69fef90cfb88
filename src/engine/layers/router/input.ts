import { sigmoid } from '@tensorflow/tfjs-core';
import { attachLoss } from '../../ops/attach-loss';
import { chooseTopK } from '../../ops/expert-order';
import { balanceLoss } from './balance-loss';
import { pickChosen } from './chosen-weights';
import type { Router } from './router';

/** The top_k largest scores z are chosen; each expert reads σ(z) x and its answer is taken as it is (Llama 4). */
export const inputRouter: Router<'router.input'> = {
  weighs: 'input',
  route(raw, { config, topK, training }) {
    const chosen = chooseTopK(raw.dataSync<'float32'>(), raw.shape[1], topK);
    const scores = sigmoid(raw);
    const { aux_loss: auxLoss } = config;
    const balanced = training && auxLoss > 0 ? attachLoss(scores, balanceLoss(scores, chosen, auxLoss)) : scores;
    return { chosen, weights: pickChosen(balanced, chosen, topK) };
  },
};
