import { defineComponent, weight } from '../../component';
import { number } from '../../fields';

export const tokenEmbedding = defineComponent({
  slot: 'embedding',
  word: 'token',
  title: 'Token embedding',
  doc: 'A table with one vector per token of the vocabulary.',
  example: 'embedding token { scale = sqrt(hidden) }',
  fields: {
    scale: number({
      doc: 'Factor on the vectors that enter the first layer (Gemma: sqrt(hidden)).',
      default: 1,
      min: 0,
      exclusiveMin: true,
    }),
  },
  weights: (_config, { vocab, hidden, initStd }) => [
    weight('table', {
      shape: { vocab, hidden },
      init: { kind: 'normal', std: initStd },
      role: 'lookup',
      hf: 'model.embed_tokens.weight',
      gguf: 'token_embd.weight',
    }),
  ],
  activations: (_config, { hidden }) => hidden,
});
