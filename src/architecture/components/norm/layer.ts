import { defineComponent, weight } from '../../component';
import { boolean } from '../../fields';
import { normNames } from './norm-names';
import { epsilonField, placementField, unitOffsetField } from './rms';

export const layerNorm = defineComponent({
  slot: 'norm',
  word: 'layer',
  title: 'Layer norm',
  doc: 'Subtracts the mean, divides by the standard deviation: y = (x - mean) / sqrt(var + epsilon) * w + b.',
  paper: { title: 'Layer Normalization (Ba, Kiros and Hinton, 2016)', url: 'https://arxiv.org/abs/1607.06450' },
  example: 'norm layer { bias = false }',
  fields: {
    place: placementField,
    unit_offset: unitOffsetField,
    epsilon: epsilonField,
    bias: boolean({ doc: 'Add a learned bias.', default: true }),
  },
  weights: (config, { hidden, site }) => [
    weight('weight', {
      shape: { hidden },
      init: { kind: 'constant', value: config.unit_offset ? 0 : 1 },
      role: 'scale',
      ...normNames(site, 'weight'),
    }),
    ...(config.bias
      ? [
          weight('bias', {
            shape: { hidden },
            init: { kind: 'constant', value: 0 },
            role: 'bias',
            ...normNames(site, 'bias'),
          }),
        ]
      : []),
  ],
  activations: (_config, { hidden }) => hidden,
});
