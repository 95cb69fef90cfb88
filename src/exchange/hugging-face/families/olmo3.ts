import type { Family } from '../family';
import { readGatedFfn, readHeads, readLayerTypes, readSizes, windowedLayers } from '../read-common';
import { readRope } from '../read-rope';
import { firstOf, ropeOf, ropeParameters, windowOf, writeBody, writeDense, writeLayerTypes } from '../write-common';

/** Olmo 3: the block of OLMo 2, three layers with a window for each one without; only the latter are stretched. */
export const olmo3: Family = {
  types: ['olmo3'],
  className: 'Olmo3ForCausalLM',
  defaults: {
    vocab_size: 50304,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: null,
    head_dim: null,
    hidden_act: 'silu',
    max_position_embeddings: 2048,
    initializer_range: 0.02,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    attention_bias: false,
    sliding_window: 4096,
  },
  read: config => {
    const { sizes, make } = readSizes(config);
    const types = readLayerTypes(config, sizes, ['sliding_attention', 'full_attention'], index =>
      (index + 1) % 4 === 0 ? 'full_attention' : 'sliding_attention',
    );
    const heads = readHeads(config, sizes);
    const bias = config.flag('attention_bias') ? 'all' : 'none';
    const window = config.optionalWhole('sliding_window');
    const norm = make('norm.rms', { place: 'post', epsilon: config.real('rms_norm_eps') });
    const ffn = readGatedFfn(config, make, { width: config.whole('intermediate_size') });
    const positions = {
      sliding_attention: readRope(config, make, { theta: 500_000, layerType: 'sliding_attention', unscaled: true }),
      full_attention: readRope(config, make, { theta: 500_000, layerType: 'full_attention' }),
    };
    return {
      sizes,
      make,
      layers: windowedLayers(make, types, {
        norm,
        position: type => positions[type],
        attention: { ...heads, bias, qk_norm: 'layer' },
        window,
        ffn,
      }),
    };
  },
  write: spec => {
    const local = ropeOf(spec, 'local');
    const global = ropeOf(spec, 'global');
    return {
      ...writeBody(spec),
      ...writeDense(spec),
      attention_bias: firstOf(spec, 'attention.gqa')?.bias === 'all',
      sliding_window: windowOf(spec),
      layer_types: writeLayerTypes(spec),
      rope_parameters: {
        ...(local === undefined ? {} : { sliding_attention: ropeParameters(local) }),
        ...(global === undefined ? {} : { full_attention: ropeParameters(global) }),
      },
    };
  },
};
