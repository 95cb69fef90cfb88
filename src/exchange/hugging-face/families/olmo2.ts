import type { Family } from '../family';
import { branch, perLayer, readGatedFfn, readHeads, readSizes } from '../read-common';
import { readRope } from '../read-rope';
import { firstOf, ropeOf, writeBody, writeDense, writeRope } from '../write-common';

/** OLMo 2: norms after the branches only, and over whole queries and keys. */
export const olmo2: Family = {
  types: ['olmo2'],
  className: 'Olmo2ForCausalLM',
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
  },
  read: config => {
    const { sizes, make } = readSizes(config);
    const block = {
      norm: make('norm.rms', { place: 'post', epsilon: config.real('rms_norm_eps') }),
      position: readRope(config, make),
      branches: [
        branch(
          'attention',
          make('attention.gqa', {
            ...readHeads(config, sizes),
            bias: config.flag('attention_bias') ? 'all' : 'none',
            qk_norm: 'layer',
          }),
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
    attention_bias: firstOf(spec, 'attention.gqa')?.bias === 'all',
  }),
};
