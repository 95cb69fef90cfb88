import { defineComponent, weight } from '../../component';
import { boolean, number, optionalNumber } from '../../fields';

export const linearHead = defineComponent({
  slot: 'head',
  word: 'linear',
  title: 'Language-model head',
  doc: 'Turns the last hidden state into one score per token of the vocabulary; reuses the embedding table when the model is tied.',
  example: 'head linear { softcap = 30 }',
  fields: {
    scale: number({
      doc: 'Factor on the logits, before they are bounded (Grok 2: 0.5).',
      default: 1,
      min: 0,
      exclusiveMin: true,
    }),
    softcap: optionalNumber({
      doc: 'Logits are bounded smoothly: cap * tanh(logit / cap) (Gemma 2).',
      none: 'logits are not bounded',
      default: null,
      min: 0,
      exclusiveMin: true,
      suggestions: [30],
    }),
    bias: boolean({ doc: 'Add a learned bias per token.', default: false }),
  },
  weights: (config, { vocab, hidden, tied, initStd }) => [
    weight('weight', {
      shape: { vocab, hidden },
      init: { kind: 'normal', std: initStd },
      role: 'matmul',
      ...(tied ? { tiedTo: 'embedding.table' } : {}),
      hf: tied ? null : 'lm_head.weight',
      gguf: tied ? null : 'output.weight',
    }),
    ...(config.bias
      ? [
          weight('bias', {
            shape: { vocab },
            init: { kind: 'constant', value: 0 },
            role: 'bias',
            hf: 'lm_head.bias',
            gguf: 'output.bias',
          }),
        ]
      : []),
  ],
  activations: (_config, { hidden }) => hidden,
});
