import { defineComponent } from '../../component';

export const noPosition = defineComponent({
  slot: 'position',
  word: 'none',
  title: 'No position',
  doc: 'Attention without any position signal; the causal mask alone tells the order (NoPE).',
  paper: {
    title: 'The Impact of Positional Encoding on Length Generalization (Kazemnejad et al., 2023)',
    url: 'https://arxiv.org/abs/2305.19466',
  },
  example: 'position none',
  fields: {},
});
