import type { Family } from '../family';
import { branch, perLayer, readHeads, readSizes } from '../read-common';
import { readRope } from '../read-rope';
import { firstOf, ropeOf, writeBody, writeRope } from '../write-common';

/** MiniMax-M2: norms over whole queries and keys, part of each head rotated, experts with a correction bias and none shared. */
export const minimaxM2: Family = {
  types: ['minimax_m2'],
  className: 'MiniMaxM2ForCausalLM',
  defaults: {
    vocab_size: 200064,
    hidden_size: 3072,
    intermediate_size: 1536,
    num_hidden_layers: 62,
    num_attention_heads: 48,
    num_key_value_heads: 8,
    head_dim: 128,
    hidden_act: 'silu',
    max_position_embeddings: 196608,
    initializer_range: 0.02,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
    num_experts_per_tok: 8,
    num_local_experts: 256,
    rotary_dim: null,
    scoring_func: 'sigmoid',
    use_qk_norm: true,
    qk_norm_type: 'per_layer',
    use_routing_bias: true,
    shared_intermediate_size: 0,
    sliding_window: null,
  },
  aliases: { num_local_experts: ['num_experts'] },
  // The published modules for several tokens ahead have no known shapes, and the widths and the loss are not used.
  idle: [
    'mlp_intermediate_size',
    'mtp_transformer_layers',
    'num_mtp_modules',
    'use_mtp',
    'router_aux_loss_coef',
    'layernorm_full_attention_alpha',
    'layernorm_full_attention_beta',
    'layernorm_mlp_alpha',
    'layernorm_mlp_beta',
  ],
  read: config => {
    const { sizes, make } = readSizes(config);
    const heads = readHeads(config, sizes);
    const rotaryDim = config.optionalWhole('rotary_dim');
    config.choice('hidden_act', ['silu']);
    config.choice('scoring_func', ['sigmoid']);
    config.choice('qk_norm_type', ['per_layer']);
    if (!config.flag('use_qk_norm')) config.fail('`use_qk_norm` = false: this class always norms queries and keys.');
    if (!config.flag('use_routing_bias'))
      config.fail('`use_routing_bias` = false: this class always has a correction bias.');
    if (config.whole('shared_intermediate_size', 0) > 0)
      config.fail('`shared_intermediate_size`: this class has no shared experts.');
    if (config.optionalWhole('sliding_window') !== null)
      config.fail('`sliding_window`: this class has full attention only.');
    if ((config.wholes('attn_type_list') ?? []).some(type => type !== 1)) {
      config.fail('`attn_type_list`: this class has full attention (1) only.');
    }
    const block = {
      norm: make('norm.rms', { epsilon: config.real('rms_norm_eps') }),
      position: readRope(config, make, { theta: 5e6, fraction: rotaryDim === null ? 1 : rotaryDim / heads.head_dim }),
      branches: [
        branch('attention', make('attention.gqa', { ...heads, qk_norm: 'layer' })),
        branch(
          'ffn',
          make('ffn.moe', {
            experts: config.whole('num_local_experts'),
            top_k: config.whole('num_experts_per_tok'),
            width: config.whole('intermediate_size'),
            router: make('router.sigmoid'),
          }),
        ),
      ],
    };
    return { sizes, make, layers: perLayer(sizes, () => block) };
  },
  write: spec => {
    const moe = firstOf(spec, 'ffn.moe');
    const attention = firstOf(spec, 'attention.gqa');
    const rope = ropeOf(spec);
    return {
      ...writeBody(spec),
      ...writeRope(rope),
      rotary_dim: rope === undefined || attention === undefined ? null : Math.round(rope.fraction * attention.head_dim),
      hidden_act: 'silu',
      intermediate_size: moe?.width,
      num_local_experts: moe?.experts,
      num_experts_per_tok: moe?.top_k,
      scoring_func: 'sigmoid',
      use_qk_norm: true,
      qk_norm_type: 'per_layer',
      use_routing_bias: true,
    };
  },
};
