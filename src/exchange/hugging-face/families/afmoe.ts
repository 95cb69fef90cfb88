import type { Family } from '../family';
import { readGatedFfn, readHeads, readLayerTypes, readSizes, windowedLayers } from '../read-common';
import { readRope } from '../read-rope';
import {
  denseBefore,
  denseOf,
  firstOf,
  ropeOf,
  windowOf,
  writeBody,
  writeLayerTypes,
  writeRope,
} from '../write-common';

/** AFMoE (Trinity): gated attention, rotary positions in layers with a window only, four norms, experts chosen with a frozen bias. */
export const afmoe: Family = {
  types: ['afmoe'],
  className: 'AfmoeForCausalLM',
  defaults: {
    vocab_size: 200192,
    hidden_size: 2048,
    intermediate_size: 6144,
    moe_intermediate_size: 1408,
    num_hidden_layers: 32,
    num_dense_layers: 1,
    num_attention_heads: 16,
    num_key_value_heads: null,
    head_dim: 128,
    hidden_act: 'silu',
    max_position_embeddings: 16384,
    initializer_range: 0.02,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    num_experts: 64,
    num_experts_per_tok: 6,
    num_shared_experts: 2,
    route_scale: 1,
    global_attn_every_n_layers: 4,
    sliding_window: 1024,
    mup_enabled: false,
    attention_bias: false,
    route_norm: true,
    score_func: 'sigmoid',
    n_group: 1,
    topk_group: 1,
    num_expert_groups: 1,
    num_limited_groups: 1,
  },
  idle: ['load_balance_coeff', 'use_grouped_mm'],
  read: config => {
    const { sizes, make } = readSizes(config);
    const every = config.whole('global_attn_every_n_layers');
    const types = readLayerTypes(config, sizes, ['sliding_attention', 'full_attention'], index =>
      (index + 1) % every === 0 ? 'full_attention' : 'sliding_attention',
    );
    config.choice('score_func', ['sigmoid']);
    if (!config.flag('route_norm'))
      config.fail('`route_norm` = false: this class always divides by the sum of the scores.');
    for (const key of ['n_group', 'topk_group', 'num_expert_groups', 'num_limited_groups']) {
      if (config.whole(key) !== 1) config.fail(`\`${key}\` above 1: this class has no groups of experts.`);
    }
    const attention = {
      ...readHeads(config, sizes),
      bias: config.flag('attention_bias') ? 'all' : 'none',
      qk_norm: 'head',
      gate: 'separate',
    } as const;
    const window = config.optionalWhole('sliding_window');
    const norm = make('norm.rms', { place: 'sandwich', epsilon: config.real('rms_norm_eps') });
    const rope = readRope(config, make);
    const dense = readGatedFfn(config, make, { width: config.whole('intermediate_size') });
    const sparse = make('ffn.moe', {
      experts: config.whole('num_experts'),
      top_k: config.whole('num_experts_per_tok'),
      width: config.whole('moe_intermediate_size'),
      shared: config.whole('num_shared_experts', 0),
      router: make('router.sigmoid', { scale: config.real('route_scale'), correction_bias: 'parameter' }),
    });
    const firstSparse = config.whole('num_dense_layers', 0);
    return {
      sizes,
      make,
      embedding: make('embedding.token', { scale: config.flag('mup_enabled') ? Math.sqrt(sizes.hidden) : 1 }),
      layers: windowedLayers(make, types, {
        norm,
        position: type => (type === 'sliding_attention' ? rope : make('position.none')),
        attention,
        window,
        ffn: (_, index) => (index < firstSparse ? dense : sparse),
      }),
    };
  },
  write: spec => {
    const moe = firstOf(spec, 'ffn.moe');
    const scale = moe?.router.config.scale;
    return {
      ...writeBody(spec),
      ...writeRope(ropeOf(spec)),
      attention_bias: firstOf(spec, 'attention.gqa')?.bias === 'all',
      sliding_window: windowOf(spec),
      layer_types: writeLayerTypes(spec),
      mup_enabled: spec.embedding.config.scale !== 1,
      hidden_act: 'silu',
      intermediate_size: denseOf(spec)?.width ?? moe?.width,
      num_dense_layers: denseBefore(spec),
      moe_intermediate_size: moe?.width,
      num_experts: moe?.experts,
      num_experts_per_tok: moe?.top_k,
      num_shared_experts: moe?.shared,
      route_norm: true,
      route_scale: typeof scale === 'number' ? scale : 1,
      score_func: 'sigmoid',
    };
  },
};
