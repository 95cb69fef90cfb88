import type { Scaling } from './scaling';

/**
 * Keeps frequencies whose wavelength is below original / high, divides those above original / low by the factor,
 * and blends between the two by how many wavelengths fit into the original context (Llama 3.1).
 */
export const llama3Frequencies: Scaling<'scaling.llama3'> = (frequencies, { factor, low, high, original }) => ({
  frequencies: frequencies.map(frequency => {
    const turns = (original * frequency) / (2 * Math.PI);
    if (turns > high) return frequency;
    if (turns < low) return frequency / factor;
    const share = (turns - low) / (high - low);
    return share * frequency + ((1 - share) * frequency) / factor;
  }),
  attentionFactor: 1,
});
