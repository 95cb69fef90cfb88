import type { Family } from '../family';
import { branch, perLayer, readGatedFfn, readHeads, readSizes } from '../read-common';
import { readRope } from '../read-rope';
import { denseOf, firstOf, ropeOf, writeBody, writeDense, writeRope } from '../write-common';

/** Llama 1 to 3: the plain decoder. */
export const llama: Family = {
  types: ['llama'],
  className: 'LlamaForCausalLM',
  defaults: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: null,
    head_dim: null,
    hidden_act: 'silu',
    max_position_embeddings: 2048,
    initializer_range: 0.02,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
    attention_bias: false,
    mlp_bias: false,
  },
  read: config => {
    const { sizes, make } = readSizes(config);
    const block = {
      norm: make('norm.rms', { epsilon: config.real('rms_norm_eps') }),
      position: readRope(config, make),
      branches: [
        branch(
          'attention',
          make('attention.gqa', {
            ...readHeads(config, sizes),
            bias: config.flag('attention_bias') ? 'all' : 'none',
          }),
        ),
        branch(
          'ffn',
          readGatedFfn(config, make, { width: config.whole('intermediate_size'), bias: config.flag('mlp_bias') }),
        ),
      ],
    };
    return { sizes, make, layers: perLayer(sizes, () => block) };
  },
  write: spec => ({
    ...writeBody(spec),
    ...writeRope(ropeOf(spec)),
    ...writeDense(spec),
    attention_bias: firstOf(spec, 'attention.gqa')?.bias === 'all',
    mlp_bias: denseOf(spec)?.bias ?? false,
  }),
};
