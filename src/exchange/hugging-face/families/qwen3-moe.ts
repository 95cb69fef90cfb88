import type { Family } from '../family';
import { readAuxLoss, writeAuxLoss } from '../mixtures';
import { branch, perLayer, readGatedFfn, readHeads, readSizes } from '../read-common';
import { readRope } from '../read-rope';
import { denseOf, firstOf, ropeOf, windowOf, writeBody, writeRope, writeSparse } from '../write-common';
import { readQwenWindow, writeQwenWindow } from './qwen3';

/** Qwen3 MoE: the attention of Qwen3, many small experts and none shared. */
export const qwen3Moe: Family = {
  types: ['qwen3_moe'],
  className: 'Qwen3MoeForCausalLM',
  defaults: {
    vocab_size: 151936,
    hidden_size: 2048,
    intermediate_size: 6144,
    num_hidden_layers: 24,
    num_attention_heads: 32,
    num_key_value_heads: 4,
    head_dim: null,
    hidden_act: 'silu',
    max_position_embeddings: 32768,
    initializer_range: 0.02,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
    attention_bias: false,
    use_sliding_window: false,
    sliding_window: 4096,
    decoder_sparse_step: 1,
    moe_intermediate_size: 768,
    num_experts_per_tok: 8,
    num_experts: 128,
    norm_topk_prob: false,
    router_aux_loss_coef: 0.001,
    mlp_only_layers: [],
  },
  aliases: { num_experts: ['num_local_experts'] },
  idle: ['max_window_layers'],
  read: config => {
    const { sizes, make } = readSizes(config);
    const dense = config.wholes('mlp_only_layers') ?? [];
    const step = config.whole('decoder_sparse_step');
    const norm = make('norm.rms', { epsilon: config.real('rms_norm_eps') });
    const position = readRope(config, make);
    const attention = branch(
      'attention',
      make('attention.gqa', {
        ...readHeads(config, sizes),
        bias: config.flag('attention_bias') ? 'all' : 'none',
        qk_norm: 'head',
        window: readQwenWindow(config),
      }),
    );
    const feeding = branch('ffn', readGatedFfn(config, make, { width: config.whole('intermediate_size') }));
    const experts = branch(
      'ffn',
      make('ffn.moe', {
        experts: config.whole('num_experts'),
        top_k: config.whole('num_experts_per_tok'),
        width: config.whole('moe_intermediate_size'),
        router: make('router.softmax', {
          renormalize: config.flag('norm_topk_prob'),
          aux_loss: readAuxLoss(config),
        }),
      }),
    );
    const isSparse = (index: number) => !dense.includes(index) && (index + 1) % step === 0;
    return {
      sizes,
      make,
      layers: perLayer(sizes, index => ({
        norm,
        position,
        branches: [attention, isSparse(index) ? experts : feeding],
      })),
    };
  },
  write: spec => {
    const moe = firstOf(spec, 'ffn.moe');
    const sparse = writeSparse(spec);
    return {
      ...writeBody(spec),
      ...writeRope(ropeOf(spec)),
      ...writeQwenWindow(windowOf(spec)),
      attention_bias: firstOf(spec, 'attention.gqa')?.bias === 'all',
      hidden_act: 'silu',
      // A required key that nothing reads where every layer is sparse.
      intermediate_size: denseOf(spec)?.width ?? moe?.width,
      decoder_sparse_step: 1,
      mlp_only_layers: sparse.flatMap((isSparse, index) => (isSparse ? [] : [index])),
      num_experts: moe?.experts,
      num_experts_per_tok: moe?.top_k,
      moe_intermediate_size: moe?.width,
      norm_topk_prob: moe?.router.config.renormalize === true,
      ...writeAuxLoss(moe),
    };
  },
};
