import type { SettingsOf } from '../../../architecture/registry';
import type { Scaling } from './scaling';

/**
 * NTK by parts: pairs that turn more than beta_fast times over the original context are kept, those that turn less than
 * beta_slow times are divided by the factor, a linear ramp over the pairs blends between; rotated queries and keys are
 * multiplied by 0.1 ln(factor) + 1 (Peng et al. 2023).
 */
export const yarnFrequencies: Scaling<'scaling.yarn'> = (frequencies, config, { theta, dims }) => {
  const { factor, original, beta_fast, beta_slow, truncate } = config;
  // The (fractional) pair that makes `turns` turns over the original context: inverts original / (2 pi) * theta^(-2i/dims).
  const pairAt = (turns: number): number => (dims * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const first = Math.max(0, truncate ? Math.floor(pairAt(beta_fast)) : pairAt(beta_fast));
  const last = Math.min(dims - 1, truncate ? Math.ceil(pairAt(beta_slow)) : pairAt(beta_slow));
  // A ramp of no width would divide by zero; published implementations widen it by this much.
  const width = last === first ? 0.001 : last - first;
  return {
    frequencies: frequencies.map((frequency, pair) => {
      const share = Math.min(1, Math.max(0, (pair - first) / width));
      return (share * frequency) / factor + (1 - share) * frequency;
    }),
    attentionFactor: attentionFactorOf(config),
    scoreFactor: config.mscale_all_dim === null ? 1 : sharpness(factor, config.mscale_all_dim) ** 2,
  };
};

/** 0.1 · mscale · ln(factor) + 1: how much sharper the softmax has to be over a context stretched by the factor. */
const sharpness = (factor: number, mscale: number): number => (factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1);

function attentionFactorOf(config: SettingsOf<'scaling.yarn'>): number {
  const { factor, attention_factor: given, mscale, mscale_all_dim: all } = config;
  if (given !== null) return given;
  return mscale !== null && all !== null ? sharpness(factor, mscale) / sharpness(factor, all) : sharpness(factor, 1);
}
