import type { Family } from '../family';
import { readGatedFfn, readHeads, readSizes, windowedLayers } from '../read-common';
import { readRope } from '../read-rope';
import { ropeOf, windowOf, writeBody, writeDense, writeLayerTypes, writeRope } from '../write-common';
import { readQwenTypes, writeQwenWindow } from './qwen3';

/** Qwen2 and Qwen2.5: a Llama with biases on queries, keys and values. */
export const qwen2: Family = {
  types: ['qwen2'],
  className: 'Qwen2ForCausalLM',
  defaults: {
    vocab_size: 151936,
    hidden_size: 4096,
    intermediate_size: 22016,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    head_dim: null,
    hidden_act: 'silu',
    max_position_embeddings: 32768,
    initializer_range: 0.02,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
    use_sliding_window: false,
    sliding_window: 4096,
    max_window_layers: 28,
  },
  read: config => {
    const { sizes, make } = readSizes(config);
    const { types, window } = readQwenTypes(config, sizes);
    const heads = readHeads(config, sizes);
    const norm = make('norm.rms', { epsilon: config.real('rms_norm_eps') });
    const position = readRope(config, make);
    const ffn = readGatedFfn(config, make, { width: config.whole('intermediate_size') });
    return {
      sizes,
      make,
      layers: windowedLayers(make, types, { norm, position, attention: { ...heads, bias: 'qkv' }, window, ffn }),
    };
  },
  write: spec => ({
    ...writeBody(spec),
    ...writeRope(ropeOf(spec)),
    ...writeDense(spec),
    ...writeQwenWindow(windowOf(spec)),
    layer_types: writeLayerTypes(spec),
  }),
};
