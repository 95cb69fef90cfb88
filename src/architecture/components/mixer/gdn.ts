import { defineComponent, weight } from '../../component';
import { computed, integer } from '../../fields';
import { freshSteps, tapsField } from './mixer-fields';

export const gdn = defineComponent({
  slot: 'mixer',
  word: 'gdn',
  title: 'Gated DeltaNet',
  doc: 'A recurrence that keeps one matrix per head: it forgets at a rate that follows from the token, corrects what the matrix answers to the key towards the value (the delta rule), and reads it with the query; then a gated norm.',
  paper: {
    title: 'Gated Delta Networks: Improving Mamba2 with Delta Rule (Yang et al., 2024)',
    url: 'https://arxiv.org/abs/2412.06464',
  },
  example: 'mixer gdn { heads = 32  key_heads = 16  key_dim = 128 }',
  fields: {
    heads: integer({
      doc: 'Number of value heads, each with a state of its own.',
      min: 1,
      max: 1024,
      suggestions: [4, 8, 32],
    }),
    key_heads: integer({
      doc: 'Number of query and key heads; must divide heads.',
      default: computed('heads', scope => scope.number('heads')),
      min: 1,
      max: 1024,
    }),
    key_dim: integer({
      doc: 'Size of one query or key head: rows of the state.',
      unit: 'dimensions',
      default: computed('hidden / heads', scope =>
        Math.max(1, Math.floor(scope.number('hidden') / scope.number('heads'))),
      ),
      min: 1,
      max: 4096,
      suggestions: [32, 64, 128],
    }),
    value_dim: integer({
      doc: 'Size of one value head: columns of the state.',
      unit: 'dimensions',
      default: computed('key_dim', scope => scope.number('key_dim')),
      min: 1,
      max: 4096,
      suggestions: [32, 64, 128],
    }),
    taps: tapsField,
  },
  weights: ({ heads, key_heads: keyHeads, key_dim: keyDim, value_dim: valueDim, taps }, { hidden, initStd }) => {
    const [keys, values] = [keyHeads * keyDim, heads * valueDim];
    const matrix = { init: { kind: 'normal', std: initStd }, role: 'matmul' } as const;
    return [
      // Rows: queries, keys, values, then the output gate.
      weight('input', {
        shape: { channels: 2 * keys + 2 * values, hidden },
        ...matrix,
        hf: 'linear_attn.in_proj_qkvz.weight',
        hfRows: { groups: keyHeads, parts: [keys, keys, values, values] },
        gguf: null,
      }),
      // Rows: how much to correct (beta), then how fast to forget.
      weight('gates', {
        shape: { gates: 2 * heads, hidden },
        ...matrix,
        hf: 'linear_attn.in_proj_ba.weight',
        hfRows: { groups: keyHeads, parts: [heads, heads] },
        gguf: null,
      }),
      weight('filter', {
        shape: { channels: 2 * keys + values, one: 1, taps },
        init: { kind: 'uniform', limit: taps ** -0.5 },
        role: 'filter',
        hf: 'linear_attn.conv1d.weight',
        gguf: null,
      }),
      weight('decay_bias', {
        shape: { heads },
        init: { kind: 'inverse-softplus', ...freshSteps },
        role: 'bias',
        hf: 'linear_attn.dt_bias',
        gguf: null,
      }),
      weight('decay', {
        shape: { heads },
        init: { kind: 'log-uniform', low: 1, high: 16 },
        role: 'scale',
        hf: 'linear_attn.A_log',
        gguf: null,
      }),
      weight('norm', {
        shape: { value: valueDim },
        init: { kind: 'constant', value: 1 },
        role: 'scale',
        hf: 'linear_attn.norm.weight',
        gguf: null,
      }),
      weight('output', {
        shape: { hidden, value: values },
        init: { kind: 'residual', std: initStd },
        role: 'matmul',
        hf: 'linear_attn.out_proj.weight',
        gguf: null,
      }),
    ];
  },
  // Per element of the state: a product to forget, a multiply-add each to recall, to correct and to read.
  stateFlops: ({ heads, key_dim: keyDim, value_dim: valueDim }) => 7 * heads * keyDim * valueDim,
  cache: ({ heads, key_heads: keyHeads, key_dim: keyDim, value_dim: valueDim, taps }) => ({
    perToken: 0,
    maxTokens: null,
    constant: heads * keyDim * valueDim + (taps - 1) * (2 * keyHeads * keyDim + heads * valueDim),
  }),
  // Input; q, k and v before and behind the convolution; the gate, errors, answers and gated answers; four numbers per head; a
  // state of every 64th token.
  activations: ({ heads, key_heads: keyHeads, key_dim: keyDim, value_dim: valueDim }, { hidden }) =>
    hidden + 4 * keyHeads * keyDim + 6 * heads * valueDim + 4 * heads + (heads * keyDim * valueDim) / 64,
});
