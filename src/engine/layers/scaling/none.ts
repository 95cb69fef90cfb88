import type { Scaling } from './scaling';

export const unscaledFrequencies: Scaling<'scaling.none'> = frequencies => ({ frequencies, attentionFactor: 1 });
