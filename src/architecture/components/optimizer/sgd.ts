import { defineComponent } from '../../component';
import { boolean, number } from '../../fields';
import { weightDecayFields } from './weight-decay';

export const sgd = defineComponent({
  slot: 'optimizer',
  word: 'sgd',
  title: 'Gradient descent with momentum',
  doc: 'Steps along the gradient, smoothed by a momentum; the plain method that others are measured by. Transformers need many more steps with it.',
  paper: {
    title: 'On the importance of initialization and momentum in deep learning (Sutskever et al., 2013)',
    url: 'https://proceedings.mlr.press/v28/sutskever13.html',
  },
  example: 'optimizer sgd { lr = 0.1  momentum = 0.9  nesterov = true }',
  fields: {
    lr: number({
      doc: 'Peak learning rate.',
      default: 0.1,
      min: 0,
      max: 100,
      exclusiveMin: true,
      suggestions: [0.03, 0.1, 0.3],
    }),
    momentum: number({
      doc: 'Share of the last step that goes into the next one; 0 keeps nothing.',
      default: 0.9,
      min: 0,
      max: 0.999999,
    }),
    nesterov: boolean({ doc: 'Looks one step of the momentum ahead.', default: false }),
    ...weightDecayFields({
      doc: 'Share of each tensor that decays added to its gradient.',
      default: 0,
      max: 1,
    }),
  },
  averages: ({ momentum }) => (momentum > 0 ? ['momentum'] : []),
});
