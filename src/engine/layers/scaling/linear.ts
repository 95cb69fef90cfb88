import type { Scaling } from './scaling';

/** Position interpolation: every frequency is divided by the factor (Chen et al. 2023). */
export const linearFrequencies: Scaling<'scaling.linear'> = (frequencies, { factor }) => ({
  frequencies: frequencies.map(frequency => frequency / factor),
  attentionFactor: 1,
});
