import type { Family } from '../family';
import { branch, perLayer, readHeads, readSizes } from '../read-common';
import { firstOf, ropeOf, writeBody } from '../write-common';

/**
 * Grok 2.5, as vLLM and SGLang implement it; transformers has no class of it. Its published config calls itself "git", which is
 * the type of a picture captioning model, so only "grok2" and "grok-1" are taken for it.
 */
export const grok: Family = {
  types: ['grok2', 'grok-1'],
  className: null,
  defaults: {
    max_position_embeddings: 131072,
    initializer_range: 0.02,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    hidden_act: 'gelu',
    head_dim: null,
    num_key_value_heads: null,
    embedding_multiplier_scale: 1,
    output_multiplier_scale: 1,
    residual_moe: false,
    final_logit_softcapping: null,
    attn_logit_softcapping: 30,
    router_logit_softcapping: 30,
    rope_theta: 10_000,
    rope_type: 'default',
    original_max_position_embeddings: 8192,
    scaling_factor: 1,
    extrapolation_factor: 1,
    attn_factor: 1,
    beta_fast: 32,
    beta_slow: 1,
    sliding_window_size: -1,
    global_attn_every_n: 1,
  },
  read: config => {
    const { sizes, make } = readSizes(config);
    if (config.whole('global_attn_every_n') !== 1) config.fail('`global_attn_every_n` above 1 is not known here.');
    config.ignore(['sliding_window_size']);
    if (config.has('attn_temperature_len')) {
      config.ignore(['attn_temperature_len']);
      config.warn(
        'The temperature of the attention, which grows with the position (`attn_temperature_len`), is left out.',
      );
    }
    const activation = config.choice('hidden_act', ['gelu', 'gelu_pytorch_tanh', 'silu']);
    const factor = config.real('scaling_factor');
    const moe = config.flag('residual_moe');
    const width = config.whole('moe_intermediate_size');
    config.ignore(['rope_type', 'extrapolation_factor', 'attn_factor']);
    const scaling =
      factor === 1
        ? make('scaling.none')
        : make('scaling.yarn', {
            factor,
            original: config.whole('original_max_position_embeddings'),
            beta_fast: config.real('beta_fast'),
            beta_slow: config.real('beta_slow'),
          });
    config.ignore(['original_max_position_embeddings', 'beta_fast', 'beta_slow']);
    const block = {
      norm: make('norm.rms', { place: 'sandwich', epsilon: config.real('rms_norm_eps') }),
      position: make('position.rope', { theta: config.real('rope_theta'), scaling }),
      branches: [
        branch(
          'attention',
          make('attention.gqa', {
            ...readHeads(config, sizes),
            softcap: config.optionalReal('attn_logit_softcapping'),
          }),
        ),
        branch(
          'ffn',
          make('ffn.moe', {
            experts: config.whole('num_local_experts'),
            top_k: config.whole('num_experts_per_tok'),
            width,
            activation: activation === 'silu' ? 'silu' : 'gelu_tanh',
            dense_width: moe ? config.whole('intermediate_size') : null,
            router: make('router.softmax', {
              softcap: config.optionalReal('router_logit_softcapping'),
              renormalize: false,
            }),
          }),
        ),
      ],
    };
    return {
      sizes,
      make,
      embedding: make('embedding.token', { scale: config.real('embedding_multiplier_scale') }),
      head: make('head.linear', {
        scale: config.real('output_multiplier_scale'),
        softcap: config.optionalReal('final_logit_softcapping'),
      }),
      layers: perLayer(sizes, () => block),
    };
  },
  write: spec => {
    const moe = firstOf(spec, 'ffn.moe');
    const rope = ropeOf(spec);
    const scaling = rope?.scaling.config ?? {};
    return {
      ...writeBody(spec),
      embedding_multiplier_scale: spec.embedding.config.scale as number,
      output_multiplier_scale: spec.head.config.scale as number,
      final_logit_softcapping: spec.head.config.softcap as number | null,
      attn_logit_softcapping: firstOf(spec, 'attention.gqa')?.softcap ?? null,
      router_logit_softcapping: (moe?.router.config.softcap as number | null | undefined) ?? null,
      hidden_act: moe?.activation === 'silu' ? 'silu' : 'gelu',
      num_local_experts: moe?.experts,
      num_experts_per_tok: moe?.top_k,
      moe_intermediate_size: moe?.width,
      residual_moe: typeof moe?.dense_width === 'number',
      ...(typeof moe?.dense_width === 'number' ? { intermediate_size: moe.dense_width } : {}),
      rope_theta: rope?.theta,
      scaling_factor: typeof scaling.factor === 'number' ? scaling.factor : 1,
      original_max_position_embeddings: typeof scaling.original === 'number' ? scaling.original : 8192,
      beta_fast: typeof scaling.beta_fast === 'number' ? scaling.beta_fast : 32,
      beta_slow: typeof scaling.beta_slow === 'number' ? scaling.beta_slow : 1,
    };
  },
};
