import { defineComponent } from '../../component';
import { integer, number } from '../../fields';
import { factorField } from './linear';

/** Context of the training before the stretch. */
export const originalField = integer({
  doc: 'Context length before the stretch.',
  unit: 'tokens',
  min: 1,
  suggestions: [4096, 8192],
});

export const llama3Scaling = defineComponent({
  slot: 'scaling',
  word: 'llama3',
  title: 'Llama 3 scaling',
  doc: 'Stretches long wavelengths by the factor, keeps short ones, blends between.',
  paper: { title: 'The Llama 3 Herd of Models (Grattafiori et al., 2024)', url: 'https://arxiv.org/abs/2407.21783' },
  example: 'position rope { theta = 500k  scaling llama3 { factor = 32  original = 8192 } }',
  fields: {
    factor: factorField,
    low: number({
      doc: 'Wavelengths above original / low are stretched fully.',
      default: 1,
      min: 0,
      exclusiveMin: true,
    }),
    high: number({ doc: 'Wavelengths below original / high are kept.', default: 4, min: 0, exclusiveMin: true }),
    original: originalField,
  },
});

/**
 * A frequency (radians per position) as Llama 3.1 scales it: kept where its wavelength is below original / high, divided by the
 * factor above original / low, between the two blended by how many wavelengths fit into the original context.
 */
export function llama3Frequency(
  frequency: number,
  { factor, low, high, original }: { factor: number; low: number; high: number; original: number },
): number {
  const turns = (original * frequency) / (2 * Math.PI);
  if (turns > high) return frequency;
  if (turns < low) return frequency / factor;
  const share = (turns - low) / (high - low);
  return share * frequency + ((1 - share) * frequency) / factor;
}
