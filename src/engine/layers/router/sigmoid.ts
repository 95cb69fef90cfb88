import { add, sigmoid } from '@tensorflow/tfjs-core';
import { attachLoss } from '../../ops/attach-loss';
import { chooseTopK, keepTopGroups } from '../../ops/expert-order';
import { balanceLoss } from './balance-loss';
import { finishWeights, pickChosen } from './chosen-weights';
import type { Router } from './router';

/**
 * s = σ(z); experts are chosen by s + correction, inside the best groups if there are several, and weigh s, divided by their
 * sum when renormalized, times the scale. DeepSeek-AI 2024, "DeepSeek-V3".
 */
export const sigmoidRouter: Router<'router.sigmoid'> = {
  weighs: 'output',
  route(raw, { config, topK, correction, training }) {
    const { groups, top_groups: topGroups, aux_loss: auxLoss } = config;
    const scores = sigmoid(raw);
    const experts = scores.shape[1];
    const corrected = (correction === null ? scores : add(scores, correction)).dataSync<'float32'>();
    // Groups that divide nothing, or that are all kept, are a doubt of the checks and no choice here.
    const grouped = groups > topGroups && experts % groups === 0;
    const kept = grouped ? keepTopGroups(corrected, experts, { groups, topGroups }) : corrected;
    const chosen = chooseTopK(kept, experts, topK);
    const balanced = training && auxLoss > 0 ? attachLoss(scores, balanceLoss(scores, chosen, auxLoss)) : scores;
    return { chosen, weights: finishWeights(pickChosen(balanced, chosen, topK), config) };
  },
};
