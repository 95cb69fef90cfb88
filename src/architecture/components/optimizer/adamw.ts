import { defineComponent } from '../../component';
import { number } from '../../fields';
import { adamAverages, adamFields } from './adam-fields';
import { weightDecayFields } from './weight-decay';

export const adamw = defineComponent({
  slot: 'optimizer',
  word: 'adamw',
  title: 'AdamW',
  doc: 'Adam with weight decay apart from the gradient; matrices decay, norms and biases do not.',
  paper: {
    title: 'Decoupled Weight Decay Regularization (Loshchilov and Hutter, 2019)',
    url: 'https://arxiv.org/abs/1711.05101',
  },
  example: 'optimizer adamw { lr = 1e-3  betas = [0.9, 0.95] }',
  fields: {
    lr: number({
      doc: 'Peak learning rate.',
      default: 1e-3,
      min: 0,
      max: 10,
      exclusiveMin: true,
      suggestions: [3e-4, 1e-3, 3e-3],
    }),
    ...adamFields,
    ...weightDecayFields({
      doc: 'Share of each tensor that decays taken off per step, times the learning rate.',
      default: 0.1,
      max: 1,
    }),
  },
  averages: () => adamAverages,
});
