import { defineComponent, weight } from '../../component';
import { computed, integer } from '../../fields';
import { freshSteps, tapsField } from './mixer-fields';

export const kda = defineComponent({
  slot: 'mixer',
  word: 'kda',
  title: 'Kimi Delta Attention',
  doc: 'Gated DeltaNet with a forgetting rate for every key channel instead of one per head, made by a projection of low rank, as is the sigmoid gate behind the norm.',
  paper: {
    title: 'Kimi Linear: An Expressive, Efficient Attention Architecture (Kimi Team, 2025)',
    url: 'https://arxiv.org/abs/2510.26692',
  },
  example: 'mixer kda { heads = 32  head_dim = 128 }',
  fields: {
    heads: integer({
      doc: 'Number of heads, each with a state of its own.',
      min: 1,
      max: 1024,
      suggestions: [4, 8, 32],
    }),
    head_dim: integer({
      doc: 'Size of one query, key or value head; the state is a square of it.',
      unit: 'dimensions',
      default: computed('hidden / heads', scope =>
        Math.max(1, Math.floor(scope.number('hidden') / scope.number('heads'))),
      ),
      min: 1,
      max: 4096,
      suggestions: [32, 64, 128],
    }),
    gate_rank: integer({
      doc: 'Rank of the projections that make the forgetting rates and the output gate.',
      unit: 'dimensions',
      default: computed('head_dim', scope => scope.number('head_dim')),
      min: 1,
      max: 4096,
    }),
    taps: tapsField,
  },
  weights: ({ heads, head_dim: headDim, gate_rank: rank, taps }, { hidden, initStd }) => {
    const channels = heads * headDim;
    const matrix = { init: { kind: 'normal', std: initStd }, role: 'matmul', gguf: null } as const;
    return [
      weight('query', { shape: { query: channels, hidden }, ...matrix, hf: 'self_attn.q_proj.weight' }),
      weight('key', { shape: { key: channels, hidden }, ...matrix, hf: 'self_attn.k_proj.weight' }),
      weight('value', { shape: { value: channels, hidden }, ...matrix, hf: 'self_attn.v_proj.weight' }),
      // Channels: queries, keys, values.
      weight('filter', {
        shape: { channels: 3 * channels, one: 1, taps },
        init: { kind: 'uniform', limit: taps ** -0.5 },
        role: 'filter',
        hf: 'self_attn.conv1d.weight',
        gguf: null,
      }),
      weight('forget_down', { shape: { rank, hidden }, ...matrix, hf: 'self_attn.forget_gate.f_a_proj.weight' }),
      weight('forget_up', { shape: { channels, rank }, ...matrix, hf: 'self_attn.forget_gate.f_b_proj.weight' }),
      weight('decay_bias', {
        shape: { channels },
        init: { kind: 'inverse-softplus', ...freshSteps },
        role: 'bias',
        hf: 'self_attn.forget_gate.dt_bias',
        gguf: null,
      }),
      weight('decay', {
        shape: { batch: 1, seq: 1, heads, channel: 1 },
        init: { kind: 'log-uniform', low: 1, high: 16 },
        role: 'scale',
        hf: 'self_attn.forget_gate.A_log',
        gguf: null,
      }),
      weight('beta', { shape: { heads, hidden }, ...matrix, hf: 'self_attn.b_proj.weight' }),
      weight('gate_down', { shape: { rank, hidden }, ...matrix, hf: 'self_attn.g_a_proj.weight' }),
      weight('gate_up', { shape: { channels, rank }, ...matrix, hf: 'self_attn.g_b_proj.weight' }),
      weight('norm', {
        shape: { value: headDim },
        init: { kind: 'constant', value: 1 },
        role: 'scale',
        hf: 'self_attn.o_norm.weight',
        gguf: null,
      }),
      weight('output', {
        shape: { hidden, value: channels },
        init: { kind: 'residual', std: initStd },
        role: 'matmul',
        hf: 'self_attn.o_proj.weight',
        gguf: null,
      }),
    ];
  },
  // Per element of the state: a product to forget, a multiply-add each to recall, to correct and to read.
  stateFlops: ({ heads, head_dim: headDim }) => 7 * heads * headDim * headDim,
  cache: ({ heads, head_dim: headDim, taps }) => ({
    perToken: 0,
    maxTokens: null,
    constant: heads * headDim * (headDim + 3 * (taps - 1)),
  }),
  // Input; q, k and v before and behind the convolution; rates before and behind their gate; the output gate, errors, answers and
  // gated answers; the narrow ends of two projections; two numbers per head; a state of every 64th token.
  activations: ({ heads, head_dim: headDim, gate_rank: rank }, { hidden }) =>
    hidden + heads * headDim * (12 + headDim / 64) + 2 * rank + 2 * heads,
});
