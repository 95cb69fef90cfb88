import { defineComponent, weight } from '../../component';

export const learned = defineComponent({
  slot: 'position',
  word: 'learned',
  title: 'Learned positions',
  doc: 'A table with one vector per position, added to the token embedding; belongs to the model block, since it is added once.',
  paper: {
    title: 'Language Models are Unsupervised Multitask Learners (Radford et al., 2019)',
    url: 'https://openai.com/research/better-language-models',
  },
  example: 'position learned',
  fields: {},
  weights: (_config, { context, hidden, initStd }) => [
    weight('table', {
      shape: { context, hidden },
      init: { kind: 'normal', std: initStd },
      role: 'lookup',
      hf: null,
      gguf: 'position_embd.weight',
    }),
  ],
});
