import type { Column } from '../../src/protocol/series';

/**
 * Exponential moving average without the pull towards zero at the start: s_t = w s_(t-1) + (1 - w) x_t, shown as
 * s_t / (1 - w^t) (Kingma and Ba, "Adam", 2015, section 3). Weight 0 returns the values, towards 1 it gets smoother.
 */
export function smooth(values: Column, weight: number): Float64Array {
  if (!(weight >= 0 && weight < 1)) throw new RangeError(`Expected a weight in [0, 1), got ${weight}.`);
  const smoothed = new Float64Array(values.length);
  let average = 0;
  let decay = 1;
  for (let index = 0; index < values.length; index++) {
    average = weight * average + (1 - weight) * (values[index] ?? 0);
    decay *= weight;
    smoothed[index] = average / (1 - decay);
  }
  return smoothed;
}
