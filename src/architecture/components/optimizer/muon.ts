import { defineComponent, type PlacedWeight } from '../../component';
import { boolean, choice, computed, integer, number } from '../../fields';
import { adamAverages, adamFields } from './adam-fields';
import { weightDecayFields } from './weight-decay';

export const muon = defineComponent({
  slot: 'optimizer',
  word: 'muon',
  title: 'Muon',
  doc: 'Momentum made orthogonal, so that every direction of a matrix moves equally far; for the matrices of the layers (each expert on its own). Embeddings, head, norms, biases and filters take AdamW.',
  paper: {
    title: 'Muon: An optimizer for hidden layers in neural networks (Jordan et al., 2024)',
    url: 'https://kellerjordan.github.io/posts/muon/',
  },
  example: 'optimizer muon { lr = 2e-3  adamw_lr = 1e-3 }',
  fields: {
    lr: number({
      doc: 'Peak learning rate of the matrices of the layers.',
      default: 1e-3,
      min: 0,
      max: 10,
      exclusiveMin: true,
      suggestions: [1e-3, 2e-3, 0.02],
    }),
    momentum: number({ doc: 'Decay of the running mean of the gradient.', default: 0.95, min: 0, max: 0.999999 }),
    nesterov: boolean({ doc: 'Looks one step of the momentum ahead.', default: true }),
    iterations: integer({
      doc: 'Newton-Schulz steps that make the momentum nearly orthogonal.',
      default: 5,
      min: 1,
      max: 20,
    }),
    scale: choice({
      doc: 'What the orthogonal matrix is multiplied with before the learning rate.',
      choices: {
        match_adamw:
          '0.2 sqrt(max(rows, columns)): steps as large as those of AdamW, whose learning rates and weight decay fit (Moonlight, Kimi K2)',
        original:
          'sqrt(max(1, rows / columns)), as first published; learning rates near 0.02 fit, adamw_lr stays near 1e-3',
      },
      default: 'match_adamw',
    }),
    adamw_lr: number({
      doc: 'Peak learning rate of everything else, which AdamW moves.',
      default: computed('lr', scope => scope.number('lr')),
      min: 0,
      max: 10,
      exclusiveMin: true,
      suggestions: [3e-4, 1e-3, 3e-3],
    }),
    ...adamFields,
    ...weightDecayFields({
      doc: 'Share of each tensor that decays taken off per step, times its learning rate.',
      default: 0.1,
      max: 1,
    }),
  },
  averages: (_, tensor) => (isMuonMatrix(tensor) ? ['momentum'] : adamAverages),
});

/** The tensors that Muon moves itself: matrices of the layers and of prediction modules, alone or stacked by expert. */
export const isMuonMatrix = ({ role, part }: Pick<PlacedWeight, 'role' | 'part'>): boolean =>
  role === 'matmul' && part !== 'head';
