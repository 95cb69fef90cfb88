import { defineComponent } from '../../component';
import { boolean, number, optionalNumber } from '../../fields';
import { auxLossField, renormalizeField, scaleField } from './router-fields';

export const softmaxRouter = defineComponent({
  slot: 'router',
  word: 'softmax',
  title: 'Softmax router',
  doc: 'Experts compete: the scores of all experts go through a softmax, the top_k largest are taken and weigh what their experts answer.',
  paper: {
    title: 'Outrageously Large Neural Networks: The Sparsely-Gated Mixture-of-Experts Layer (Shazeer et al., 2017)',
    url: 'https://arxiv.org/abs/1701.06538',
  },
  example: 'ffn moe { experts = 8  width = 512  router softmax { renormalize = false } }',
  fields: {
    renormalize: renormalizeField,
    scale: scaleField,
    softcap: optionalNumber({
      doc: 'Scores are bounded smoothly before the softmax: cap * tanh(score / cap) (Grok).',
      none: 'scores are not bounded',
      default: null,
      min: 0,
      exclusiveMin: true,
      suggestions: [30],
    }),
    bias: boolean({ doc: 'The router has a learned bias per expert (GPT-OSS).', default: false }),
    aux_loss: auxLossField,
    z_loss: number({
      doc: 'Weight of the loss on the squared log-sum-exp of the scores, which keeps them small (ST-MoE: 0.001).',
      default: 0,
      min: 0,
    }),
  },
});
