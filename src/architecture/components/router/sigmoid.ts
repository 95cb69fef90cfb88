import { defineComponent } from '../../component';
import { choice, integer, number } from '../../fields';
import { auxLossField, renormalizeField, scaleField } from './router-fields';

export const sigmoidRouter = defineComponent({
  slot: 'router',
  word: 'sigmoid',
  title: 'Sigmoid router',
  doc: 'Each expert is scored by a sigmoid of its own; a correction bias that no gradient touches evens out who is chosen, not what an answer weighs (DeepSeek V3).',
  paper: {
    title: 'Auxiliary-Loss-Free Load Balancing Strategy for Mixture-of-Experts (Wang et al., 2024)',
    url: 'https://arxiv.org/abs/2408.15664',
  },
  example: 'ffn moe { experts = 64  top_k = 6  width = 256  shared = 1  router sigmoid { scale = 2.5 } }',
  fields: {
    renormalize: renormalizeField,
    scale: scaleField,
    correction_bias: choice({
      doc: 'Experts are chosen by score plus a bias per expert that balances their load and that no gradient reaches.',
      choices: {
        none: 'experts are chosen by their scores',
        buffer: 'saved with the model, not counted among its parameters (DeepSeek V3, GLM-4.5)',
        parameter: 'a frozen parameter, counted (Trinity)',
      },
      default: 'buffer',
    }),
    bias_update: number({
      doc: 'What the correction bias of an expert gains after a step in which it was chosen too rarely, and loses after one too often.',
      default: 0.001,
      min: 0,
      max: 1,
    }),
    groups: integer({
      doc: 'Experts stand in this many groups of equal size; a token first chooses groups, by their two best scores (DeepSeek V3: 8).',
      default: 1,
      min: 1,
      max: 1024,
    }),
    top_groups: integer({
      doc: 'Groups that a token keeps; experts of the others cannot be chosen (DeepSeek V3: 4).',
      default: 1,
      min: 1,
      max: 1024,
    }),
    aux_loss: auxLossField,
  },
});
