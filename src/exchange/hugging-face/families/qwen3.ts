import type { JsonObject } from '../config-json';
import type { ConfigReader } from '../config-reader';
import type { Family, Sizes } from '../family';
import { readGatedFfn, readHeads, readLayerTypes, readSizes, windowedLayers } from '../read-common';
import { readRope } from '../read-rope';
import { firstOf, ropeOf, windowOf, writeBody, writeDense, writeLayerTypes, writeRope } from '../write-common';

/** Qwen3 dense: a norm on each query and key head, heads wider than hidden / heads. */
export const qwen3: Family = {
  types: ['qwen3'],
  className: 'Qwen3ForCausalLM',
  defaults: {
    vocab_size: 151936,
    hidden_size: 4096,
    intermediate_size: 22016,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    head_dim: 128,
    hidden_act: 'silu',
    max_position_embeddings: 32768,
    initializer_range: 0.02,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
    attention_bias: false,
    use_sliding_window: false,
    sliding_window: 4096,
    max_window_layers: 28,
  },
  read: config => {
    const { sizes, make } = readSizes(config);
    const { types, window } = readQwenTypes(config, sizes);
    const heads = readHeads(config, sizes);
    const bias = config.flag('attention_bias') ? 'all' : 'none';
    const norm = make('norm.rms', { epsilon: config.real('rms_norm_eps') });
    const position = readRope(config, make);
    const ffn = readGatedFfn(config, make, { width: config.whole('intermediate_size') });
    return {
      sizes,
      make,
      layers: windowedLayers(make, types, {
        norm,
        position,
        attention: { ...heads, bias, qk_norm: 'head' },
        window,
        ffn,
      }),
    };
  },
  write: spec => ({
    ...writeBody(spec),
    ...writeRope(ropeOf(spec)),
    ...writeDense(spec),
    ...writeQwenWindow(windowOf(spec)),
    attention_bias: firstOf(spec, 'attention.gqa')?.bias === 'all',
    layer_types: writeLayerTypes(spec),
  }),
};

/** The window of Qwen models, which is off unless it is switched on. */
export function readQwenWindow(config: ConfigReader): number | null {
  const window = config.optionalWhole('sliding_window');
  return config.flag('use_sliding_window') ? window : null;
}

/** The last layers have it, where it is on. */
export function readQwenTypes(config: ConfigReader, sizes: Sizes) {
  const window = readQwenWindow(config);
  const last = config.whole('max_window_layers', 0);
  const types = readLayerTypes(config, sizes, ['full_attention', 'sliding_attention'], index =>
    window !== null && index >= last ? 'sliding_attention' : 'full_attention',
  );
  return { types, window };
}

export const writeQwenWindow = (window: number | null): JsonObject => ({
  use_sliding_window: window !== null,
  sliding_window: window,
});
