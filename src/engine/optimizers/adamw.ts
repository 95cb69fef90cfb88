import type { SettingsOf } from '../../architecture/registry';
import { adamwStep } from '../ops/adamw-step';
import type { CreateUpdate } from './optimizer';

/** AdamW, see `adamwStep` for the formula (Loshchilov and Hutter 2019). */
export const createAdamw: CreateUpdate<'optimizer.adamw'> = settings => adamwUpdate(settings);

/** The same for whoever leaves a part of the tensors to AdamW. */
export const adamwUpdate =
  ({
    betas: [beta1 = 0.9, beta2 = 0.95],
    epsilon,
  }: Pick<SettingsOf<'optimizer.adamw'>, 'betas' | 'epsilon'>): ReturnType<CreateUpdate<'optimizer.adamw'>> =>
  (tensors, settings) =>
    adamwStep(
      tensors.map(({ parameter, gradient, weightDecay, average }) => ({
        ...{ parameter, gradient, weightDecay },
        firstMoment: average('first_moment'),
        secondMoment: average('second_moment'),
      })),
      { ...settings, beta1, beta2, epsilon },
    );
