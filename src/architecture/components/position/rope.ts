import { defineComponent } from '../../component';
import { boolean, number } from '../../fields';

export const rope = defineComponent({
  slot: 'position',
  word: 'rope',
  title: 'Rotary position embedding',
  doc: 'Rotates pairs of query and key dimensions by angles that grow with the position, so that scores depend on distance.',
  paper: {
    title: 'RoFormer: Enhanced Transformer with Rotary Position Embedding (Su et al., 2021)',
    url: 'https://arxiv.org/abs/2104.09864',
  },
  example: 'position rope { theta = 10k }',
  fields: {
    theta: number({
      doc: 'Base of the wavelengths: pair i turns by position / theta^(2i / dims).',
      default: 10_000,
      min: 1,
      suggestions: [10_000, 500_000, 1_000_000],
    }),
    fraction: number({
      doc: 'Share of each head that is rotated; the rest carries no position.',
      unit: 'fraction',
      default: 1,
      min: 0,
      max: 1,
      exclusiveMin: true,
    }),
    interleaved: boolean({
      doc: 'Neighbours turn together, (0, 1), (2, 3) and so on, instead of halves, (i, i + dims / 2); a matter of order in published weights (DeepSeek, Llama 4).',
      default: false,
    }),
  },
  slots: {
    scaling: { slot: 'scaling', doc: 'Stretches the wavelengths to reach a longer context.', default: 'none' },
  },
});

/**
 * How RoPE splits a head: `counted` is the whole part of head_dim * fraction, which the wavelengths go by, and `rotated`
 * how many dimensions turn. They turn in pairs, so an odd count turns one dimension more, as in transformers.
 *
 * `fits` is false where nothing turns, or the last pair reaches past the end of the head.
 */
export function rotaryDims(
  headDim: number,
  fraction: number,
): { readonly counted: number; readonly rotated: number; readonly fits: boolean } {
  const counted = Math.floor(headDim * fraction);
  const rotated = 2 * Math.ceil(counted / 2);
  return { counted, rotated, fits: rotated > 0 && rotated <= headDim };
}
