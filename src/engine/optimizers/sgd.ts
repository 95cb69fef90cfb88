import { tidy } from '@tensorflow/tfjs-core';
import { blend, blendInto } from '../ops/blend';
import type { CreateUpdate } from './optimizer';

/**
 * Gradient descent: d = scaled gradient + decay p, m = μ m + d, p = p - lr m; with Nesterov's momentum p = p - lr (d + μ m).
 * Sutskever et al. 2013, in the form of torch.optim.SGD.
 */
export const createSgd: CreateUpdate<'optimizer.sgd'> = ({ momentum: share, nesterov }) => {
  return (tensors, { learningRate, gradientScale }) => {
    for (const { parameter, gradient, weightDecay, average } of tensors) {
      tidy(() => {
        const descent = blend([gradient, gradientScale], [parameter, weightDecay]);
        if (share === 0) {
          blendInto(parameter, 1, [descent, -learningRate]);
          return;
        }
        const momentum = average('momentum');
        blendInto(momentum, share, [descent, 1]);
        const step = nesterov ? blend([descent, 1], [momentum, share]) : momentum;
        blendInto(parameter, 1, [step, -learningRate]);
      });
    }
  };
};
