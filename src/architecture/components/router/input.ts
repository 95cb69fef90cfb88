import { defineComponent } from '../../component';
import { auxLossField } from './router-fields';

export const inputRouter = defineComponent({
  slot: 'router',
  word: 'input',
  title: 'Input-scaling router',
  doc: 'The sigmoid of the chosen score multiplies what the expert reads, not what it answers (Llama 4).',
  paper: {
    title: 'The Llama 4 herd (Meta, 2025)',
    url: 'https://ai.meta.com/blog/llama-4-multimodal-intelligence/',
  },
  example: 'ffn moe { experts = 16  top_k = 1  width = 512  shared = 1  router input }',
  fields: { aux_loss: auxLossField },
});
