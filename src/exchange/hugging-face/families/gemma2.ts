import type { Family } from '../family';
import { readGatedFfn, readHeads, readLayerTypes, readSizes, windowedLayers } from '../read-common';
import { readRope } from '../read-rope';
import { firstOf, ropeOf, windowOf, writeBody, writeDense, writeLayerTypes, writeRope } from '../write-common';

/** Gemma 2: softcaps on scores and logits, every other layer with a window, four norms per layer applied as 1 + w. */
export const gemma2: Family = {
  types: ['gemma2'],
  className: 'Gemma2ForCausalLM',
  defaults: {
    vocab_size: 256000,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    max_position_embeddings: 8192,
    initializer_range: 0.02,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: true,
    attention_bias: false,
    query_pre_attn_scalar: 256,
    sliding_window: 4096,
    final_logit_softcapping: 30,
    attn_logit_softcapping: 50,
  },
  // The class reads hidden_activation; files carry the other one as well, sometimes with another word.
  idle: ['hidden_act', 'cache_implementation'],
  read: config => {
    const { sizes, make } = readSizes(config);
    const types = readLayerTypes(config, sizes, ['sliding_attention', 'full_attention'], index =>
      index % 2 === 0 ? 'sliding_attention' : 'full_attention',
    );
    const attention = {
      ...readHeads(config, sizes),
      bias: config.flag('attention_bias') ? 'all' : 'none',
      scale: 1 / Math.sqrt(config.real('query_pre_attn_scalar')),
      softcap: config.optionalReal('attn_logit_softcapping'),
    } as const;
    const window = config.optionalWhole('sliding_window');
    const norm = make('norm.rms', { place: 'sandwich', unit_offset: true, epsilon: config.real('rms_norm_eps') });
    const position = readRope(config, make);
    const ffn = readGatedFfn(config, make, { width: config.whole('intermediate_size') }, 'hidden_activation');
    return {
      sizes,
      make,
      embedding: make('embedding.token', { scale: Math.sqrt(sizes.hidden) }),
      head: make('head.linear', { softcap: config.optionalReal('final_logit_softcapping') }),
      layers: windowedLayers(make, types, { norm, position, attention, window, ffn }),
    };
  },
  write: spec => {
    const attention = firstOf(spec, 'attention.gqa');
    return {
      ...writeBody(spec),
      ...writeRope(ropeOf(spec)),
      ...writeDense(spec, 'hidden_activation'),
      attention_bias: attention?.bias === 'all',
      query_pre_attn_scalar: writePreScalar(attention?.scale),
      attn_logit_softcapping: attention?.softcap ?? null,
      final_logit_softcapping: typeof spec.head.config.softcap === 'number' ? spec.head.config.softcap : null,
      sliding_window: windowOf(spec),
      layer_types: writeLayerTypes(spec),
    };
  },
};

/** The number whose inverse square root is the factor on the scores; whole where rounding made it nearly so. */
export function writePreScalar(scale = 1): number {
  const scalar = 1 / (scale * scale);
  const whole = Math.round(scalar);
  return Math.abs(1 / Math.sqrt(whole) - scale) <= 1e-15 * scale ? whole : scalar;
}
