import { number, numbers } from '../../fields';

/** The settings of Adam besides its rate. */
export const adamFields = {
  betas: numbers({
    doc: 'Decay of the running mean and of the running square of the gradient.',
    default: [0.9, 0.95],
    length: 2,
    min: 0,
    max: 0.999999,
  }),
  epsilon: number({ doc: 'Added to the root of the running square.', default: 1e-8, min: 0, exclusiveMin: true }),
};

/** What Adam keeps for each tensor: running averages of the gradient and of its square. */
export const adamAverages = ['first_moment', 'second_moment'] as const;
