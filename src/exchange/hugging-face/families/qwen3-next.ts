import type { Family } from '../family';
import { readAuxLoss, writeAuxLoss } from '../mixtures';
import { branch, readAhead, readGatedFfn, readHeads, readLayerTypes, readSizes } from '../read-common';
import { readRope } from '../read-rope';
import { denseOf, firstOf, ropeOf, writeBody, writeMixing, writeRope, writeSparse } from '../write-common';

/** Qwen3-Next: three Gated DeltaNet layers for each one of gated attention, many experts and a shared one with a switch. */
export const qwen3Next: Family = {
  types: ['qwen3_next'],
  className: 'Qwen3NextForCausalLM',
  defaults: {
    vocab_size: 151936,
    hidden_size: 2048,
    intermediate_size: 5632,
    num_hidden_layers: 48,
    num_attention_heads: 16,
    num_key_value_heads: 2,
    head_dim: 256,
    hidden_act: 'silu',
    max_position_embeddings: 32768,
    initializer_range: 0.02,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
    attention_bias: false,
    linear_conv_kernel_dim: 4,
    linear_key_head_dim: 128,
    linear_value_head_dim: 128,
    linear_num_key_heads: 16,
    linear_num_value_heads: 32,
    decoder_sparse_step: 1,
    moe_intermediate_size: 512,
    shared_expert_intermediate_size: 512,
    num_experts_per_tok: 10,
    num_experts: 512,
    norm_topk_prob: true,
    router_aux_loss_coef: 0.001,
    mlp_only_layers: [],
    full_attention_interval: 4,
    _mtp_layers: 0,
  },
  aliases: { num_experts: ['num_local_experts'] },
  read: config => {
    const { sizes, make } = readSizes(config);
    const every = config.whole('full_attention_interval');
    const types = readLayerTypes(config, sizes, ['linear_attention', 'full_attention'], index =>
      (index + 1) % every === 0 ? 'full_attention' : 'linear_attention',
    );
    const norm = make('norm.rms', { unit_offset: true, epsilon: config.real('rms_norm_eps') });
    const position = readRope(config, make, { fraction: 0.25 });
    const mixing = {
      linear_attention: branch(
        'mixer',
        make('mixer.gdn', {
          heads: config.whole('linear_num_value_heads'),
          key_heads: config.whole('linear_num_key_heads'),
          key_dim: config.whole('linear_key_head_dim'),
          value_dim: config.whole('linear_value_head_dim'),
          taps: config.whole('linear_conv_kernel_dim'),
        }),
      ),
      full_attention: branch(
        'attention',
        make('attention.gqa', {
          ...readHeads(config, sizes),
          bias: config.flag('attention_bias') ? 'all' : 'none',
          qk_norm: 'head',
          gate: 'fused',
        }),
      ),
    };
    const dense = branch('ffn', readGatedFfn(config, make, { width: config.whole('intermediate_size') }));
    const sparse = branch(
      'ffn',
      make('ffn.moe', {
        experts: config.whole('num_experts'),
        top_k: config.whole('num_experts_per_tok'),
        width: config.whole('moe_intermediate_size'),
        shared: 1,
        shared_width: config.whole('shared_expert_intermediate_size'),
        shared_gate: true,
        router: make('router.softmax', {
          renormalize: config.flag('norm_topk_prob'),
          aux_loss: readAuxLoss(config),
        }),
      }),
    );
    const denseLayers = config.wholes('mlp_only_layers') ?? [];
    const step = config.whole('decoder_sparse_step');
    const isSparse = (index: number) => !denseLayers.includes(index) && (index + 1) % step === 0;
    // What reads no position has the usual one, which says nothing.
    const positionOf = (type: keyof typeof mixing) => (type === 'full_attention' ? position : make('position.rope'));
    return {
      sizes,
      make,
      // Not in any config.json: the published checkpoint holds one module with full attention.
      ahead: readAhead(config, { norm, position, branches: [mixing.full_attention, sparse] }, '_mtp_layers'),
      layers: types.map((type, index) => ({
        norm,
        position: positionOf(type),
        branches: [mixing[type], isSparse(index) ? sparse : dense],
      })),
    };
  },
  write: spec => {
    const moe = firstOf(spec, 'ffn.moe');
    const mixer = firstOf(spec, 'mixer.gdn');
    const rope = ropeOf(spec);
    return {
      ...writeBody(spec),
      ...writeRope(rope),
      partial_rotary_factor: rope?.fraction,
      attention_bias: firstOf(spec, 'attention.gqa')?.bias === 'all',
      layer_types: writeMixing(spec),
      linear_num_value_heads: mixer?.heads,
      linear_num_key_heads: mixer?.key_heads,
      linear_key_head_dim: mixer?.key_dim,
      linear_value_head_dim: mixer?.value_dim,
      linear_conv_kernel_dim: mixer?.taps,
      hidden_act: 'silu',
      intermediate_size: denseOf(spec)?.width ?? moe?.width,
      decoder_sparse_step: 1,
      mlp_only_layers: writeSparse(spec).flatMap((isSparse, index) => (isSparse ? [] : [index])),
      num_experts: moe?.experts,
      num_experts_per_tok: moe?.top_k,
      moe_intermediate_size: moe?.width,
      shared_expert_intermediate_size: moe?.shared_width,
      norm_topk_prob: moe?.router.config.renormalize === true,
      ...writeAuxLoss(moe),
      ...(spec.mtp === undefined ? {} : { _mtp_layers: spec.mtp.length }),
    };
  },
};
