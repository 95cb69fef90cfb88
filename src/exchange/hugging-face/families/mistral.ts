import type { Family } from '../family';
import { branch, perLayer, readGatedFfn, readHeads, readSizes } from '../read-common';
import { readRope } from '../read-rope';
import { ropeOf, windowOf, writeBody, writeDense, writeRope } from '../write-common';

/** Mistral 7B and Mistral Small: a Llama, with one window for all layers or none. */
export const mistral: Family = {
  types: ['mistral'],
  className: 'MistralForCausalLM',
  defaults: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: null,
    hidden_act: 'silu',
    max_position_embeddings: 131072,
    initializer_range: 0.02,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
    sliding_window: 4096,
  },
  read: config => {
    const { sizes, make } = readSizes(config);
    const block = {
      norm: make('norm.rms', { epsilon: config.real('rms_norm_eps') }),
      position: readRope(config, make),
      branches: [
        branch(
          'attention',
          make('attention.gqa', { ...readHeads(config, sizes), window: config.optionalWhole('sliding_window') }),
        ),
        branch('ffn', readGatedFfn(config, make, { width: config.whole('intermediate_size') })),
      ],
    };
    return { sizes, make, layers: perLayer(sizes, () => block) };
  },
  write: spec => ({
    ...writeBody(spec),
    ...writeRope(ropeOf(spec)),
    ...writeDense(spec),
    sliding_window: windowOf(spec),
  }),
};
