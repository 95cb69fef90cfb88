import type { Family } from '../family';
import { readAuxLoss, writeAuxLoss } from '../mixtures';
import { readHeads, readLayerTypes, readSizes, windowedLayers } from '../read-common';
import { readRope } from '../read-rope';
import { firstOf, ropeOf, windowOf, writeBody, writeLayerTypes, writeRope } from '../write-common';

/** Bound of gate and up: a constant of the class, whatever a file says. */
const clamp = 7;

/** GPT-OSS: sinks, biases everywhere, every other layer with a window, biased experts with a clamped activation. */
export const gptOss: Family = {
  types: ['gpt_oss'],
  className: 'GptOssForCausalLM',
  defaults: {
    num_hidden_layers: 36,
    num_local_experts: 128,
    vocab_size: 201088,
    hidden_size: 2880,
    intermediate_size: 2880,
    head_dim: 64,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    sliding_window: 128,
    tie_word_embeddings: false,
    hidden_act: 'silu',
    initializer_range: 0.02,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    num_experts_per_tok: 4,
    router_aux_loss_coef: 0.001,
    attention_bias: true,
    rope_parameters: {
      rope_type: 'yarn',
      factor: 32,
      beta_fast: 32,
      beta_slow: 1,
      truncate: false,
      original_max_position_embeddings: 4096,
    },
  },
  aliases: { num_local_experts: ['num_experts'], num_experts_per_tok: ['experts_per_token'] },
  idle: ['initial_context_length', 'experts_per_token'],
  read: config => {
    const { sizes, make } = readSizes(config);
    const types = readLayerTypes(config, sizes, ['sliding_attention', 'full_attention'], index =>
      index % 2 === 0 ? 'sliding_attention' : 'full_attention',
    );
    config.choice('hidden_act', ['silu']);
    const limit = config.has('swiglu_limit') ? config.real('swiglu_limit') : clamp;
    if (limit !== clamp)
      config.warn(`\`swiglu_limit\` = ${limit} is not used by transformers, which bounds at ${clamp}.`);
    const attention = {
      ...readHeads(config, sizes),
      bias: config.flag('attention_bias') ? 'all' : 'none',
      sinks: true,
    } as const;
    const window = config.optionalWhole('sliding_window');
    const norm = make('norm.rms', { epsilon: config.real('rms_norm_eps') });
    const position = readRope(config, make, { theta: 150_000 });
    const ffn = make('ffn.moe', {
      experts: config.whole('num_local_experts'),
      top_k: config.whole('num_experts_per_tok'),
      width: config.whole('intermediate_size'),
      bias: true,
      clamp,
      router: make('router.softmax', { bias: true, aux_loss: readAuxLoss(config) }),
    });
    return {
      sizes,
      make,
      layers: windowedLayers(make, types, { norm, position, attention, window, ffn }),
    };
  },
  write: spec => {
    const moe = firstOf(spec, 'ffn.moe');
    const rope = ropeOf(spec);
    return {
      ...writeBody(spec),
      ...writeRope(rope),
      // Without a scaling the class would take its own.
      ...(rope?.scaling.id === 'scaling.none' ? { rope_scaling: { rope_type: 'default' } } : {}),
      attention_bias: firstOf(spec, 'attention.gqa')?.bias === 'all',
      sliding_window: windowOf(spec),
      layer_types: writeLayerTypes(spec),
      hidden_act: 'silu',
      intermediate_size: moe?.width,
      num_local_experts: moe?.experts,
      num_experts_per_tok: moe?.top_k,
      ...writeAuxLoss(moe),
    };
  },
};
