import { sign, tidy } from '@tensorflow/tfjs-core';
import { blend, blendInto } from '../ops/blend';
import type { CreateUpdate } from './optimizer';

/**
 * Lion: p = p - lr (sign(β₁ m + (1 - β₁) g) + decay p), then m = β₂ m + (1 - β₂) g, with g the scaled gradient.
 * Chen et al. 2023, algorithm 2.
 */
export const createLion: CreateUpdate<'optimizer.lion'> = ({ betas: [beta1 = 0.9, beta2 = 0.99] }) => {
  return (tensors, { learningRate, gradientScale }) => {
    for (const { parameter, gradient, weightDecay, average } of tensors) {
      tidy(() => {
        const momentum = average('momentum');
        const direction = sign(blend([momentum, beta1], [gradient, (1 - beta1) * gradientScale]));
        blendInto(parameter, 1 - learningRate * weightDecay, [direction, -learningRate]);
        blendInto(momentum, beta2, [gradient, (1 - beta2) * gradientScale]);
      });
    }
  };
};
