import type { Family } from '../family';
import { readAuxLoss, writeAuxLoss } from '../mixtures';
import { branch, perLayer, readHeads, readSizes } from '../read-common';
import { readRope } from '../read-rope';
import { firstOf, ropeOf, windowOf, writeBody, writeRope } from '../write-common';

/** Mixtral: a Mistral whose feed-forward layers are experts. */
export const mixtral: Family = {
  types: ['mixtral'],
  className: 'MixtralForCausalLM',
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
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    sliding_window: null,
    num_experts_per_tok: 2,
    num_local_experts: 8,
    router_aux_loss_coef: 0.001,
  },
  aliases: { num_local_experts: ['num_experts'] },
  read: config => {
    const { sizes, make } = readSizes(config);
    config.choice('hidden_act', ['silu']);
    const block = {
      norm: make('norm.rms', { epsilon: config.real('rms_norm_eps') }),
      position: readRope(config, make, { theta: 1e6 }),
      branches: [
        branch(
          'attention',
          make('attention.gqa', { ...readHeads(config, sizes), window: config.optionalWhole('sliding_window') }),
        ),
        branch(
          'ffn',
          make('ffn.moe', {
            experts: config.whole('num_local_experts'),
            top_k: config.whole('num_experts_per_tok'),
            width: config.whole('intermediate_size'),
            router: make('router.softmax', { aux_loss: readAuxLoss(config) }),
          }),
        ),
      ],
    };
    return { sizes, make, layers: perLayer(sizes, () => block) };
  },
  write: spec => {
    const moe = firstOf(spec, 'ffn.moe');
    return {
      ...writeBody(spec),
      ...writeRope(ropeOf(spec)),
      sliding_window: windowOf(spec),
      hidden_act: 'silu',
      intermediate_size: moe?.width,
      num_local_experts: moe?.experts,
      num_experts_per_tok: moe?.top_k,
      ...writeAuxLoss(moe),
    };
  },
};
