import type { Family } from '../family';
import { readNoRopeLayers, writeNoRopeLayers } from '../no-rope-layers';
import { readGatedFfn, readHeads, readLayerTypes, readSizes, windowedLayers } from '../read-common';
import { readRope } from '../read-rope';
import { denseOf, firstOf, ropeOf, windowOf, writeBody, writeDense, writeLayerTypes, writeRope } from '../write-common';

/** SmolLM3: a Llama in which every fourth layer has no position signal. */
export const smollm3: Family = {
  types: ['smollm3'],
  className: 'SmolLM3ForCausalLM',
  defaults: {
    vocab_size: 128256,
    hidden_size: 2048,
    intermediate_size: 11008,
    num_hidden_layers: 36,
    num_attention_heads: 16,
    num_key_value_heads: 4,
    head_dim: null,
    hidden_act: 'silu',
    max_position_embeddings: 32768,
    initializer_range: 0.02,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: true,
    use_sliding_window: false,
    sliding_window: null,
    no_rope_layer_interval: 4,
    attention_bias: false,
    mlp_bias: false,
  },
  idle: ['max_window_layers'],
  read: config => {
    const { sizes, make } = readSizes(config);
    const rotary = readNoRopeLayers(config, sizes);
    const size = config.optionalWhole('sliding_window');
    const window = config.flag('use_sliding_window') ? size : null;
    const types = readLayerTypes(config, sizes, ['full_attention', 'sliding_attention'], index =>
      window !== null && rotary[index] === false ? 'sliding_attention' : 'full_attention',
    );
    const heads = readHeads(config, sizes);
    const bias = config.flag('attention_bias') ? 'all' : 'none';
    const norm = make('norm.rms', { epsilon: config.real('rms_norm_eps') });
    const rope = readRope(config, make, { theta: 2e6 });
    const ffn = readGatedFfn(config, make, {
      width: config.whole('intermediate_size'),
      bias: config.flag('mlp_bias'),
    });
    return {
      sizes,
      make,
      layers: windowedLayers(make, types, {
        norm,
        position: (_, index) => (rotary[index] === false ? make('position.none') : rope),
        attention: { ...heads, bias },
        window,
        ffn,
      }),
    };
  },
  write: spec => ({
    ...writeBody(spec),
    ...writeRope(ropeOf(spec)),
    ...writeDense(spec),
    ...writeNoRopeLayers(spec),
    attention_bias: firstOf(spec, 'attention.gqa')?.bias === 'all',
    mlp_bias: denseOf(spec)?.bias ?? false,
    use_sliding_window: windowOf(spec) !== null,
    sliding_window: windowOf(spec),
    layer_types: writeLayerTypes(spec),
  }),
};
