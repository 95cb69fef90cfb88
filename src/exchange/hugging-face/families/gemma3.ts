import type { Family } from '../family';
import { readGatedFfn, readHeads, readLayerTypes, readSizes, windowedLayers } from '../read-common';
import { readRope } from '../read-rope';
import { firstOf, ropeOf, ropeParameters, windowOf, writeBody, writeDense, writeLayerTypes } from '../write-common';
import { writePreScalar } from './gemma2';

/** Gemma 3: five layers with a window for each one without, each kind with its own rotary base; norms on query and key heads. */
export const gemma3: Family = {
  types: ['gemma3_text', 'gemma3'],
  className: 'Gemma3ForCausalLM',
  defaults: {
    vocab_size: 262208,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    max_position_embeddings: 131072,
    initializer_range: 0.02,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: true,
    attention_bias: false,
    query_pre_attn_scalar: 256,
    sliding_window: 4096,
    sliding_window_pattern: 6,
    final_logit_softcapping: null,
    use_bidirectional_attention: false,
  },
  aliases: { sliding_window_pattern: ['_sliding_window_pattern'] },
  // transformers accepts attn_logit_softcapping and never applies it.
  idle: ['hidden_act', 'cache_implementation', 'attn_logit_softcapping'],
  read: config => {
    const { sizes, make } = readSizes(config);
    const pattern = config.whole('sliding_window_pattern');
    const types = readLayerTypes(config, sizes, ['sliding_attention', 'full_attention'], index =>
      (index + 1) % pattern === 0 ? 'full_attention' : 'sliding_attention',
    );
    if (config.flag('use_bidirectional_attention'))
      config.fail('Models that look ahead (`use_bidirectional_attention`) are no language models.');
    const attention = {
      ...readHeads(config, sizes),
      bias: config.flag('attention_bias') ? 'all' : 'none',
      qk_norm: 'head',
      scale: 1 / Math.sqrt(config.real('query_pre_attn_scalar')),
    } as const;
    const window = config.optionalWhole('sliding_window');
    const norm = make('norm.rms', { place: 'sandwich', unit_offset: true, epsilon: config.real('rms_norm_eps') });
    const ffn = readGatedFfn(config, make, { width: config.whole('intermediate_size') }, 'hidden_activation');
    const positions = {
      sliding_attention: readRope(config, make, {
        layerType: 'sliding_attention',
        thetaKey: 'rope_local_base_freq',
        unscaled: true,
      }),
      full_attention: readRope(config, make, { theta: 1e6, layerType: 'full_attention' }),
    };
    return {
      sizes,
      make,
      embedding: make('embedding.token', { scale: Math.sqrt(sizes.hidden) }),
      head: make('head.linear', { softcap: config.optionalReal('final_logit_softcapping') }),
      layers: windowedLayers(make, types, { norm, position: type => positions[type], attention, window, ffn }),
    };
  },
  write: spec => {
    const attention = firstOf(spec, 'attention.gqa');
    const local = ropeOf(spec, 'local');
    const global = ropeOf(spec, 'global');
    return {
      ...writeBody(spec),
      ...writeDense(spec, 'hidden_activation'),
      attention_bias: attention?.bias === 'all',
      query_pre_attn_scalar: writePreScalar(attention?.scale),
      final_logit_softcapping: typeof spec.head.config.softcap === 'number' ? spec.head.config.softcap : null,
      sliding_window: windowOf(spec),
      layer_types: writeLayerTypes(spec),
      rope_parameters: {
        ...(local === undefined ? {} : { sliding_attention: ropeParameters(local) }),
        ...(global === undefined ? {} : { full_attention: ropeParameters(global) }),
      },
    };
  },
};
