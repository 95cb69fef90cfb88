import { defineComponent } from '../../component';
import { gatedActivations, gatedFields, gatedWeights } from './gated';

export const swiglu = defineComponent({
  slot: 'ffn',
  word: 'swiglu',
  title: 'SwiGLU feed-forward',
  doc: 'Gated feed-forward layer with SiLU: down(silu(gate(x)) * up(x)).',
  paper: { title: 'GLU Variants Improve Transformer (Shazeer, 2020)', url: 'https://arxiv.org/abs/2002.05202' },
  example: 'ffn swiglu { width = 4 * hidden }',
  fields: gatedFields,
  weights: gatedWeights,
  activations: gatedActivations,
});
