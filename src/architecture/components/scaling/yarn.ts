import { defineComponent } from '../../component';
import { boolean, number, optionalNumber } from '../../fields';
import { factorField } from './linear';
import { originalField } from './llama3';

export const yarn = defineComponent({
  slot: 'scaling',
  word: 'yarn',
  title: 'YaRN',
  doc: 'Interpolates slow dimensions, keeps fast ones, ramps between, and sharpens the softmax a little.',
  paper: {
    title: 'YaRN: Efficient Context Window Extension of Large Language Models (Peng et al., 2023)',
    url: 'https://arxiv.org/abs/2309.00071',
  },
  example: 'position rope { theta = 500k  scaling yarn { factor = 8  original = 8192 } }',
  fields: {
    factor: factorField,
    original: originalField,
    beta_fast: number({
      doc: 'Dimensions that turn more often than this over the original context are kept.',
      default: 32,
      min: 0,
      exclusiveMin: true,
    }),
    beta_slow: number({
      doc: 'Dimensions that turn less often than this are interpolated.',
      default: 1,
      min: 0,
      exclusiveMin: true,
    }),
    attention_factor: optionalNumber({
      doc: 'Factor on the rotated queries and keys.',
      none: '0.1 * ln(factor) + 1, or what mscale and mscale_all_dim say',
      default: null,
      min: 0,
      exclusiveMin: true,
    }),
    mscale: optionalNumber({
      doc: 'With mscale_all_dim: rotated queries and keys are multiplied by (0.1 * mscale * ln(factor) + 1) / (0.1 * mscale_all_dim * ln(factor) + 1) (DeepSeek).',
      none: 'attention_factor says it',
      default: null,
      min: 0,
      exclusiveMin: true,
    }),
    mscale_all_dim: optionalNumber({
      doc: 'Latent attention multiplies its scores by (0.1 * mscale_all_dim * ln(factor) + 1)^2, over all dimensions instead of the rotated ones (DeepSeek).',
      none: 'scores stay as they are',
      default: null,
      min: 0,
      exclusiveMin: true,
    }),
    truncate: boolean({ doc: 'Round the borders of the ramp to whole dimensions.', default: true }),
  },
});
