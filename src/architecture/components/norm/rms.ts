import { defineComponent, weight } from '../../component';
import { boolean, choice, number } from '../../fields';
import { normNames } from './norm-names';

/** Where a norm stands around a residual branch. Shared by every norm. */
export const placementField = choice({
  doc: 'Where the norm stands around each branch of the layer.',
  choices: {
    pre: 'before the branch: x + f(norm(x)) (Llama)',
    post: 'after the branch, inside the residual: x + norm(f(x)) (OLMo 2)',
    sandwich: 'before and after: x + norm(f(norm(x))) (Gemma)',
  },
  default: 'pre',
});
export const unitOffsetField = boolean({
  doc: 'Apply the weight as 1 + w with w starting at 0 (Gemma), so that weight decay pulls towards the identity.',
  default: false,
});
export const epsilonField = number({
  doc: 'Added to the variance before the square root.',
  default: 1e-5,
  min: 0,
  max: 0.1,
  suggestions: [1e-5, 1e-6],
});

export const rms = defineComponent({
  slot: 'norm',
  word: 'rms',
  title: 'RMS norm',
  doc: 'Divides by the root mean square and multiplies by a learned weight: y = x / sqrt(mean(x^2) + epsilon) * w.',
  paper: {
    title: 'Root Mean Square Layer Normalization (Zhang and Sennrich, 2019)',
    url: 'https://arxiv.org/abs/1910.07467',
  },
  example: 'norm rms { place = pre }',
  fields: {
    place: placementField,
    unit_offset: unitOffsetField,
    epsilon: epsilonField,
    depth_scaled: boolean({
      doc: 'The weight of a norm behind a branch starts at 1 / sqrt(layers), so that a deep stack starts calm (Trinity).',
      default: false,
    }),
    weight: boolean({ doc: 'Multiply by a learned weight per dimension.', default: true }),
  },
  weights: (config, { hidden, site, layers }) => {
    if (config.weight === false) return [];
    const behindBranch = 'when' in site && site.when === 'after';
    const start = config.depth_scaled && behindBranch ? layers ** -0.5 : 1;
    return [
      weight('weight', {
        shape: { hidden },
        init: { kind: 'constant', value: config.unit_offset ? start - 1 : start },
        role: 'scale',
        ...normNames(site, 'weight'),
      }),
    ];
  },
  // Its input; the output is the input of the branch and counted there.
  activations: (_config, { hidden }) => hidden,
});
