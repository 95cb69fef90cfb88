import { defineComponent, meanVisible, weight } from '../../component';
import { choice, computed, integer, number, optionalInteger, optionalNumber } from '../../fields';

export const gqa = defineComponent({
  slot: 'attention',
  word: 'gqa',
  title: 'Grouped-query attention',
  doc: 'Causal softmax attention in which groups of query heads share one key and value head; with kv_heads = heads it is multi-head attention, with 1 it is multi-query attention.',
  paper: {
    title: 'GQA: Training Generalized Multi-Query Transformer Models (Ainslie et al., 2023)',
    url: 'https://arxiv.org/abs/2305.13245',
  },
  example: 'attention gqa { heads = 8  kv_heads = 2 }',
  fields: {
    heads: integer({ doc: 'Number of query heads.', min: 1, max: 1024, suggestions: [4, 8, 16, 32] }),
    kv_heads: integer({
      doc: 'Number of key and value heads; must divide heads.',
      default: computed('heads', scope => scope.number('heads')),
      min: 1,
      max: 1024,
    }),
    head_dim: integer({
      doc: 'Size of one head.',
      unit: 'dimensions',
      // Rounded down so that the rest of the model keeps its numbers; the check `heads-not-dividing-hidden` says what is wrong.
      default: computed('hidden / heads', scope =>
        Math.max(1, Math.floor(scope.number('hidden') / scope.number('heads'))),
      ),
      min: 1,
      max: 4096,
      suggestions: [32, 64, 128],
    }),
    window: optionalInteger({
      doc: 'Each token sees at most this many positions, itself included.',
      none: 'every earlier token is visible',
      unit: 'tokens',
      default: null,
      min: 1,
      suggestions: [128, 256, 512],
    }),
    qk_norm: choice({
      doc: 'RMS norm on queries and keys before the rotation.',
      choices: {
        none: 'no norm',
        head: 'over each head, one weight of head_dim shared by the heads (Qwen3, Gemma 3)',
        layer: 'over the whole projection, before it is split into heads (OLMo 2)',
      },
      default: 'none',
    }),
    bias: choice({
      doc: 'Which projections have a bias.',
      choices: { none: 'none of them', qkv: 'query, key and value (Qwen2, GLM-4.5)', all: 'the output too (GPT-2)' },
      default: 'none',
    }),
    scale: number({
      doc: 'Factor on the scores before the softmax.',
      default: computed('1 / sqrt(head_dim)', scope => scope.number('head_dim') ** -0.5),
      min: 0,
      exclusiveMin: true,
    }),
    softcap: optionalNumber({
      doc: 'Scores are bounded smoothly: cap * tanh(score / cap) (Gemma 2).',
      none: 'scores are not bounded',
      default: null,
      min: 0,
      exclusiveMin: true,
      suggestions: [50],
    }),
  },
  weights: (config, { hidden, initStd, norm }) => {
    const query = config.heads * config.head_dim;
    const keyValue = config.kv_heads * config.head_dim;
    const matrix = { init: { kind: 'normal', std: initStd }, role: 'matmul' } as const;
    const bias = { init: { kind: 'constant', value: 0 }, role: 'bias' } as const;
    const scale = { init: { kind: 'constant', value: norm.unitOffset ? 0 : 1 }, role: 'scale' } as const;
    const perHead = config.qk_norm === 'head';
    return [
      weight('query', { shape: { query, hidden }, ...matrix, hf: 'self_attn.q_proj.weight', gguf: 'attn_q.weight' }),
      weight('key', {
        shape: { key: keyValue, hidden },
        ...matrix,
        hf: 'self_attn.k_proj.weight',
        gguf: 'attn_k.weight',
      }),
      weight('value', {
        shape: { value: keyValue, hidden },
        ...matrix,
        hf: 'self_attn.v_proj.weight',
        gguf: 'attn_v.weight',
      }),
      weight('output', {
        shape: { hidden, value: query },
        init: { kind: 'residual', std: initStd },
        role: 'matmul',
        hf: 'self_attn.o_proj.weight',
        gguf: 'attn_output.weight',
      }),
      ...(config.bias !== 'none'
        ? [
            weight('query_bias', { shape: { query }, ...bias, hf: 'self_attn.q_proj.bias', gguf: 'attn_q.bias' }),
            weight('key_bias', { shape: { key: keyValue }, ...bias, hf: 'self_attn.k_proj.bias', gguf: 'attn_k.bias' }),
            weight('value_bias', {
              shape: { value: keyValue },
              ...bias,
              hf: 'self_attn.v_proj.bias',
              gguf: 'attn_v.bias',
            }),
          ]
        : []),
      ...(config.bias === 'all'
        ? [weight('output_bias', { shape: { hidden }, ...bias, hf: 'self_attn.o_proj.bias', gguf: 'attn_output.bias' })]
        : []),
      ...(config.qk_norm !== 'none'
        ? [
            weight('query_norm', {
              shape: { query: perHead ? config.head_dim : query },
              ...scale,
              hf: 'self_attn.q_norm.weight',
              gguf: 'attn_q_norm.weight',
            }),
            weight('key_norm', {
              shape: { key: perHead ? config.head_dim : keyValue },
              ...scale,
              hf: 'self_attn.k_norm.weight',
              gguf: 'attn_k_norm.weight',
            }),
          ]
        : []),
    ];
  },
  // Scores and the weighted sum of values: a multiply-add per query element and visible position, twice.
  stateFlops: (config, { context }) => 4 * config.heads * config.head_dim * meanVisible(context, config.window),
  cache: config => ({ perToken: 2 * config.kv_heads * config.head_dim, maxTokens: config.window, constant: 0 }),
  // Input of the projections, q, k, v, the attended values and one log-sum-exp per head.
  activations: (config, { hidden }) => hidden + 2 * (config.heads + config.kv_heads) * config.head_dim + config.heads,
});
