import { boolean, integer } from '../../fields';

/** Settings that state-space mixers share. */

export const tapsField = integer({
  doc: 'Tokens that the short causal convolution before the recurrence sees, the own one included.',
  unit: 'tokens',
  default: 4,
  min: 1,
  max: 64,
  suggestions: [4],
});
export const projectionBiasField = boolean({ doc: 'Add biases to the projections in and out.', default: false });
export const convolutionBiasField = boolean({ doc: 'Add a bias to the convolution.', default: true });

/** Step sizes of a fresh model, spread evenly in their logarithm (Gu and Dao, 2023). */
export const freshSteps = { low: 0.001, high: 0.1 } as const;
