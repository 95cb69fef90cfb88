import type { Family } from '../family';
import { readAuxLoss, writeAuxLoss } from '../mixtures';
import { readNoRopeLayers, writeNoRopeLayers } from '../no-rope-layers';
import { branch, perLayer, readGatedFfn, readHeads, readLayerTypes, readSizes } from '../read-common';
import { readRope } from '../read-rope';
import { branchOf, denseOf, firstOf, perStack, ropeOf, writeBody, writeRope, writeSparse } from '../write-common';

/** Llama 4: attention in chunks with rotary positions, every fourth layer over everything without; experts that scale their input. */
export const llama4: Family = {
  types: ['llama4_text', 'llama4'],
  className: 'Llama4ForCausalLM',
  defaults: {
    vocab_size: 202048,
    hidden_size: 5120,
    intermediate_size: 8192,
    intermediate_size_mlp: 16384,
    num_hidden_layers: 48,
    num_attention_heads: 40,
    num_key_value_heads: 8,
    head_dim: 128,
    hidden_act: 'silu',
    max_position_embeddings: 131072,
    initializer_range: 0.02,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    num_experts_per_tok: 1,
    num_local_experts: 16,
    interleave_moe_layer_step: 1,
    use_qk_norm: true,
    router_aux_loss_coef: 0.001,
    no_rope_layer_interval: 4,
    attention_chunk_size: 8192,
    attn_temperature_tuning: true,
    floor_scale: 8192,
    attn_scale: 0.1,
    attention_bias: false,
  },
  idle: ['for_llm_compressor'],
  read: config => {
    const { sizes, make } = readSizes(config);
    const rotary = readNoRopeLayers(config, sizes);
    const types = readLayerTypes(config, sizes, ['chunked_attention', 'full_attention'], index =>
      rotary[index] ? 'chunked_attention' : 'full_attention',
    );
    const step = config.whole('interleave_moe_layer_step');
    const listed = config.wholes('moe_layers');
    const sparse = perLayer(sizes, index => (listed === null ? (index + 1) % step === 0 : listed.includes(index)));
    const common = { ...readHeads(config, sizes), bias: config.flag('attention_bias') ? 'all' : 'none' } as const;
    const chunk = config.optionalWhole('attention_chunk_size');
    const isNormed = config.flag('use_qk_norm');
    const isTuned = config.flag('attn_temperature_tuning');
    const temperature = { temperature: config.real('attn_scale'), temperature_floor: config.whole('floor_scale') };
    const norm = make('norm.rms', { epsilon: config.real('rms_norm_eps') });
    const rope = readRope(config, make, { theta: 500_000, interleaved: true });
    const dense = readGatedFfn(config, make, { width: config.whole('intermediate_size_mlp') });
    const mixture = make('ffn.moe', {
      experts: config.whole('num_local_experts'),
      top_k: config.whole('num_experts_per_tok'),
      width: config.whole('intermediate_size'),
      shared: 1,
      router: make('router.input', { aux_loss: readAuxLoss(config) }),
    });
    return {
      sizes,
      make,
      layers: types.map((type, index) => {
        const isRotary = rotary[index] === true;
        const attention = make('attention.gqa', {
          ...common,
          chunk: type === 'chunked_attention' ? chunk : null,
          qk_norm: isRotary && isNormed ? 'weightless' : 'none',
          ...(isRotary || !isTuned ? {} : temperature),
        });
        return {
          norm,
          position: isRotary ? rope : make('position.none'),
          branches: [branch('attention', attention), branch('ffn', sparse[index] ? mixture : dense)],
        };
      }),
    };
  },
  write: spec => {
    const moe = firstOf(spec, 'ffn.moe');
    const attentions = spec.kinds.flatMap(({ branches }) => {
      const attention = branchOf(branches, 'attention');
      return attention === undefined ? [] : [attention.body.config];
    });
    const tuned = attentions.find(({ temperature }) => typeof temperature === 'number');
    const chunked = attentions.find(({ chunk }) => typeof chunk === 'number');
    return {
      ...writeBody(spec),
      ...writeRope(ropeOf(spec)),
      ...writeNoRopeLayers(spec),
      layer_types: perStack(spec, branches =>
        typeof branchOf(branches, 'attention')?.body.config.chunk === 'number' ? 'chunked_attention' : 'full_attention',
      ),
      attention_bias: firstOf(spec, 'attention.gqa')?.bias === 'all',
      attention_chunk_size: chunked === undefined ? null : (chunked.chunk as number),
      use_qk_norm: attentions.some(each => each.qk_norm === 'weightless'),
      attn_temperature_tuning: tuned !== undefined,
      ...(tuned === undefined
        ? {}
        : { attn_scale: tuned.temperature as number, floor_scale: tuned.temperature_floor as number }),
      hidden_act: 'silu',
      intermediate_size: moe?.width,
      intermediate_size_mlp: denseOf(spec)?.width ?? moe?.width,
      num_local_experts: moe?.experts,
      num_experts_per_tok: moe?.top_k,
      moe_layers: writeSparse(spec).flatMap((isSparse, index) => (isSparse ? [index] : [])),
      ...writeAuxLoss(moe),
    };
  },
};
