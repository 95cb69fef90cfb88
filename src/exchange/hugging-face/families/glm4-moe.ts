import type { Family } from '../family';
import { readRoutedExperts, readSigmoidRouter, writeRoutedExperts, writeSigmoidRouter } from '../mixtures';
import { branch, perLayer, readAhead, readGatedFfn, readHeads, readSizes } from '../read-common';
import { readRope } from '../read-rope';
import { firstOf, ropeOf, writeBody, writeRope } from '../write-common';

/** GLM-4.5: biases on queries, keys and values, half of each head rotated, dense layers first, then experts with one shared. */
export const glm4Moe: Family = {
  types: ['glm4_moe'],
  className: 'Glm4MoeForCausalLM',
  defaults: {
    vocab_size: 151552,
    hidden_size: 4096,
    intermediate_size: 10944,
    num_hidden_layers: 46,
    num_attention_heads: 96,
    num_key_value_heads: 8,
    head_dim: null,
    hidden_act: 'silu',
    max_position_embeddings: 131072,
    initializer_range: 0.02,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    attention_bias: false,
    moe_intermediate_size: 1408,
    num_experts_per_tok: 8,
    n_shared_experts: 1,
    n_routed_experts: 128,
    routed_scaling_factor: 1,
    n_group: 1,
    topk_group: 1,
    first_k_dense_replace: 1,
    norm_topk_prob: true,
    use_qk_norm: false,
    num_nextn_predict_layers: 1,
  },
  aliases: { n_routed_experts: ['num_local_experts'], num_nextn_predict_layers: ['num_mtp_layers'] },
  read: config => {
    const { sizes, make } = readSizes(config);
    const norm = make('norm.rms', { epsilon: config.real('rms_norm_eps') });
    const position = readRope(config, make, { fraction: 0.5 });
    const attention = branch(
      'attention',
      make('attention.gqa', {
        ...readHeads(config, sizes),
        bias: config.flag('attention_bias') ? 'qkv' : 'none',
        qk_norm: config.flag('use_qk_norm') ? 'head' : 'none',
      }),
    );
    const feeding = branch('ffn', readGatedFfn(config, make, { width: config.whole('intermediate_size') }));
    const experts = branch('ffn', readRoutedExperts(config, make, make('router.sigmoid', readSigmoidRouter(config))));
    const firstSparse = config.whole('first_k_dense_replace', 0);
    return {
      sizes,
      make,
      ahead: readAhead(config, { norm, position, branches: [attention, experts] }),
      layers: perLayer(sizes, index => ({
        norm,
        position,
        branches: [attention, index < firstSparse ? feeding : experts],
      })),
    };
  },
  write: spec => {
    const moe = firstOf(spec, 'ffn.moe');
    const attention = firstOf(spec, 'attention.gqa');
    const rope = ropeOf(spec);
    return {
      ...writeBody(spec),
      ...writeRope(rope),
      partial_rotary_factor: rope?.fraction,
      attention_bias: attention?.bias === 'qkv',
      use_qk_norm: attention?.qk_norm === 'head',
      ...writeRoutedExperts(spec),
      ...writeSigmoidRouter(moe),
      num_nextn_predict_layers: spec.mtp?.length ?? 0,
    };
  },
};
