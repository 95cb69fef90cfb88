import { type Ambient, defineComponent, meanVisible, type Weight, weight } from '../../component';
import { computed, integer, number, optionalInteger } from '../../fields';
import { indexerFlops, indexerOf, indexerWeights } from '../indexer/indexer-costs';
import { temperatureField, temperatureFloorField } from './temperature-fields';

export const mla = defineComponent({
  slot: 'attention',
  word: 'mla',
  title: 'Multi-head latent attention',
  doc: 'Causal attention whose keys and values are made from one small latent vector per token, the only thing decoding keeps besides a rotated key shared by all heads.',
  paper: {
    title: 'DeepSeek-V2: A Strong, Economical, and Efficient Mixture-of-Experts Language Model (DeepSeek-AI, 2024)',
    url: 'https://arxiv.org/abs/2405.04434',
  },
  example: 'attention mla { heads = 8  kv_rank = 64  nope_dim = 32  rope_dim = 16 }',
  fields: {
    heads: integer({ doc: 'Number of heads.', min: 1, max: 1024, suggestions: [4, 8, 16, 128] }),
    query_rank: optionalInteger({
      doc: 'Size of the latent vector that queries are made from (q_lora_rank).',
      none: 'queries are projected directly',
      unit: 'dimensions',
      default: null,
      min: 1,
      suggestions: [1536],
    }),
    nope_dim: integer({
      doc: 'Dimensions of each query and key head without position (qk_nope_head_dim).',
      unit: 'dimensions',
      default: computed('hidden / heads', scope =>
        Math.max(1, Math.floor(scope.number('hidden') / scope.number('heads'))),
      ),
      min: 1,
      max: 4096,
      suggestions: [32, 64, 128],
    }),
    rope_dim: integer({
      doc: 'Dimensions of each query head, and of the one key shared by all heads, that carry the position (qk_rope_head_dim); with `position none` they are plain dimensions.',
      unit: 'dimensions',
      // An even number, since dimensions turn in pairs.
      default: computed('nope_dim / 2', scope => 2 * Math.max(1, Math.floor(scope.number('nope_dim') / 4))),
      min: 1,
      max: 4096,
      step: 2,
      suggestions: [16, 32, 64],
    }),
    value_dim: integer({
      doc: 'Size of one value head (v_head_dim).',
      unit: 'dimensions',
      default: computed('nope_dim', scope => scope.number('nope_dim')),
      min: 1,
      max: 4096,
    }),
    kv_rank: integer({
      doc: 'Size of the latent vector that keys and values are made from (kv_lora_rank).',
      unit: 'dimensions',
      default: computed('4 * value_dim', scope => 4 * scope.number('value_dim')),
      min: 1,
      suggestions: [64, 128, 512],
    }),
    scale: number({
      doc: 'Factor on the scores before the softmax; a YaRN scaling with mscale_all_dim multiplies it further.',
      default: computed(
        '1 / sqrt(nope_dim + rope_dim)',
        scope => (scope.number('nope_dim') + scope.number('rope_dim')) ** -0.5,
      ),
      min: 0,
      exclusiveMin: true,
    }),
    temperature: temperatureField,
    temperature_floor: temperatureFloorField,
    latent_epsilon: number({
      doc: 'Added to the variance in the norms of the latent vectors; apart from the epsilon of the layer, as published models have it.',
      default: 1e-6,
      min: 0,
      max: 0.1,
    }),
  },
  slots: { indexer: { slot: 'indexer', doc: 'What chooses the tokens that each token sees.', default: 'none' } },
  weights: (config, { hidden, initStd }) => {
    const { heads, nope_dim: nope, rope_dim: rope, value_dim: value, kv_rank: latent } = config;
    const matrix = { init: { kind: 'normal', std: initStd }, role: 'matmul' } as const;
    return [
      ...queryWeights(config.query_rank, heads * (nope + rope), { hidden, initStd }),
      // Rows: the latent, then the key shared by all heads.
      weight('latent', {
        shape: { latent: latent + rope, hidden },
        ...matrix,
        hf: 'self_attn.kv_a_proj_with_mqa.weight',
        gguf: 'attn_kv_a_mqa.weight',
      }),
      weight('latent_norm', {
        shape: { latent },
        ...normWeight,
        hf: 'self_attn.kv_a_layernorm.weight',
        gguf: 'attn_kv_a_norm.weight',
      }),
      // Rows per head: the key's dimensions without position, then the value.
      weight('key_value', {
        shape: { key_value: heads * (nope + value), latent },
        ...matrix,
        hf: 'self_attn.kv_b_proj.weight',
        gguf: 'attn_kv_b.weight',
      }),
      weight('output', {
        shape: { hidden, value: heads * value },
        init: { kind: 'residual', std: initStd },
        role: 'matmul',
        hf: 'self_attn.o_proj.weight',
        gguf: 'attn_output.weight',
      }),
      ...indexerWeights(config.indexer, config.query_rank ?? hidden, { hidden, initStd }),
    ];
  },
  // A multiply-add per query dimension and visible position for the scores, one per value dimension for the sum.
  stateFlops: ({ heads, nope_dim: nope, rope_dim: rope, value_dim: value, indexer }, { context }) =>
    2 * heads * (nope + rope + value) * meanVisible(context, indexerOf(indexer)?.topK ?? null) +
    indexerFlops(indexer, context),
  cache: ({ kv_rank: latent, rope_dim: rope, indexer }) => ({
    perToken: latent + rope + (indexerOf(indexer)?.headDim ?? 0),
    maxTokens: null,
    constant: 0,
    isLatent: true,
  }),
  // Input, latents before and after their norms, queries, keys, values, the attended values, one log-sum-exp per head.
  activations: (config, { hidden }) => {
    const { heads, nope_dim: nope, rope_dim: rope, value_dim: value } = config;
    const latents = 2 * ((config.query_rank ?? 0) + config.kv_rank) + rope;
    return hidden + latents + heads * (3 * (nope + rope) + 3 * value + 1);
  },
});

const normWeight = { init: { kind: 'constant', value: 1 }, role: 'scale' } as const;

type QueryWeight = 'query' | 'query_latent' | 'query_latent_norm' | 'query_up';

/** One projection, or two with a norm between them. Rows per head: without position, then with it. */
function queryWeights(
  rank: number | null,
  query: number,
  { hidden, initStd }: Pick<Ambient, 'hidden' | 'initStd'>,
): readonly Weight<QueryWeight>[] {
  const matrix = { init: { kind: 'normal', std: initStd }, role: 'matmul' } as const;
  if (rank === null) {
    return [
      weight('query', { shape: { query, hidden }, ...matrix, hf: 'self_attn.q_proj.weight', gguf: 'attn_q.weight' }),
    ];
  }
  return [
    weight('query_latent', {
      shape: { latent: rank, hidden },
      ...matrix,
      hf: 'self_attn.q_a_proj.weight',
      gguf: 'attn_q_a.weight',
    }),
    weight('query_latent_norm', {
      shape: { latent: rank },
      ...normWeight,
      hf: 'self_attn.q_a_layernorm.weight',
      gguf: 'attn_q_a_norm.weight',
    }),
    weight('query_up', {
      shape: { query, latent: rank },
      ...matrix,
      hf: 'self_attn.q_b_proj.weight',
      gguf: 'attn_q_b.weight',
    }),
  ];
}
