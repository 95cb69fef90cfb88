import { defineComponent } from '../../component';
import { number, numbers } from '../../fields';
import { weightDecayFields } from './weight-decay';

export const lion = defineComponent({
  slot: 'optimizer',
  word: 'lion',
  title: 'Lion',
  doc: 'Moves every number by the learning rate in the direction of the sign of a momentum; half the memory of AdamW, a lower learning rate and a higher weight decay.',
  paper: {
    title: 'Symbolic Discovery of Optimization Algorithms (Chen et al., 2023)',
    url: 'https://arxiv.org/abs/2302.06675',
  },
  example: 'optimizer lion { lr = 2e-4  weight_decay = 0.5 }',
  fields: {
    lr: number({
      doc: 'Peak learning rate: 3 to 10 times lower than that of AdamW.',
      default: 2e-4,
      min: 0,
      max: 10,
      exclusiveMin: true,
      suggestions: [1e-4, 2e-4, 3e-4],
    }),
    betas: numbers({
      doc: 'Share of the momentum in the direction of a step, and its own decay.',
      default: [0.9, 0.99],
      length: 2,
      min: 0,
      max: 0.999999,
    }),
    ...weightDecayFields({
      doc: 'Share of each tensor that decays taken off per step, times the learning rate: 3 to 10 times that of AdamW.',
      default: 0.5,
      max: 10,
    }),
  },
  averages: () => ['momentum'],
});
