import { defineComponent } from '../../component';
import { choice } from '../../fields';
import { gatedActivations, gatedFields, gatedWeights } from './gated';

export const geglu = defineComponent({
  slot: 'ffn',
  word: 'geglu',
  title: 'GeGLU feed-forward',
  doc: 'Gated feed-forward layer with GELU: down(gelu(gate(x)) * up(x)).',
  paper: { title: 'GLU Variants Improve Transformer (Shazeer, 2020)', url: 'https://arxiv.org/abs/2002.05202' },
  example: 'ffn geglu { width = 6912 }',
  fields: {
    ...gatedFields,
    approximation: choice({
      doc: 'How GELU is computed.',
      choices: { tanh: 'the tanh approximation (Gemma)', none: 'exactly, with the error function' },
      default: 'tanh',
    }),
  },
  weights: gatedWeights,
  activations: gatedActivations,
});
