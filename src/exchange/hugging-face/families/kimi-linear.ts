import type { Family } from '../family';
import { readLatentAttention, writeLatentAttention } from '../latent-attention';
import { branch, readGatedFfn, readLayerTypes, readSizes } from '../read-common';
import { denseOf, firstOf, writeEpsilon, writeMixing, writeSizes, writeSparse } from '../write-common';

/** Kimi Linear: three layers of Kimi Delta Attention for each one of latent attention, none with a position; experts after a dense layer. */
export const kimiLinear: Family = {
  types: ['kimi_linear'],
  className: 'KimiLinearForCausalLM',
  defaults: {
    vocab_size: 163840,
    hidden_size: 2304,
    intermediate_size: 9216,
    moe_intermediate_size: 1024,
    num_hidden_layers: 27,
    num_attention_heads: 32,
    num_shared_experts: 1,
    routed_scaling_factor: 2.446,
    kv_lora_rank: 512,
    q_lora_rank: null,
    qk_rope_head_dim: 64,
    v_head_dim: 128,
    qk_nope_head_dim: 128,
    num_expert_group: 1,
    topk_group: 1,
    num_experts_per_token: 8,
    moe_renormalize: true,
    hidden_act: 'silu',
    model_max_length: 1048576,
    initializer_range: 0.02,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    attention_bias: false,
    num_experts: 256,
    linear_head_dim: 128,
    linear_num_heads: 32,
    linear_conv_kernel_dim: 4,
    first_k_dense_replace: 1,
    moe_router_activation_func: 'sigmoid',
    moe_layer_freq: 1,
    mla_use_nope: true,
    num_nextn_predict_layers: 0,
  },
  aliases: {
    model_max_length: ['max_position_embeddings'],
    num_experts: ['num_local_experts', 'n_routed_experts'],
    num_experts_per_token: ['num_experts_per_tok'],
    num_shared_experts: ['n_shared_experts'],
    moe_renormalize: ['norm_topk_prob'],
    num_expert_group: ['n_group'],
  },
  idle: [
    'head_dim',
    'qk_head_dim',
    'num_key_value_heads',
    'rope_theta',
    'rope_scaling',
    'rope_parameters',
    'use_grouped_topk',
  ],
  read: config => {
    const { sizes, make } = readSizes(config, { context: 'model_max_length' });
    const linear = config.inner('linear_attn_config');
    // Counted from 1.
    const full = linear?.wholes('full_attn_layers') ?? null;
    linear?.wholes('kda_layers');
    const types = readLayerTypes(config, sizes, ['linear_attention', 'full_attention'], index => {
      const isFull = full === null ? index > 0 && index % 4 === 0 : full.includes(index + 1);
      return isFull ? 'full_attention' : 'linear_attention';
    });
    const firstSparse = config.whole('first_k_dense_replace', 0);
    const feeding = readLayerTypes(
      config,
      sizes,
      ['dense', 'sparse'],
      index => (index < firstSparse ? 'dense' : 'sparse'),
      'mlp_layer_types',
    );
    config.choice('moe_router_activation_func', ['sigmoid']);
    if (config.whole('moe_layer_freq') !== 1) config.fail('`moe_layer_freq` above 1 is not known here.');
    if (!config.flag('mla_use_nope')) config.fail('`mla_use_nope` = false: this class has no positions.');
    if (config.whole('num_nextn_predict_layers', 0) > 0) {
      config.warn(
        '`num_nextn_predict_layers`: this class has no modules that predict further ahead; they are left out.',
      );
    }
    const norm = make('norm.rms', { epsilon: config.real('rms_norm_eps') });
    const groups = config.whole('num_expert_group');
    const mixing = {
      linear_attention: branch(
        'mixer',
        make('mixer.kda', {
          heads: linear?.optionalWhole('num_heads') ?? config.whole('linear_num_heads'),
          head_dim: linear?.optionalWhole('head_dim') ?? config.whole('linear_head_dim'),
          taps: linear?.optionalWhole('short_conv_kernel_size') ?? config.whole('linear_conv_kernel_dim'),
        }),
      ),
      full_attention: branch('attention', readLatentAttention(config, make)),
    };
    // Both spellings are in files of transformers 5.
    for (const key of ['linear_num_heads', 'linear_head_dim', 'linear_conv_kernel_dim']) config.whole(key);
    const ffns = {
      dense: branch('ffn', readGatedFfn(config, make, { width: config.whole('intermediate_size') })),
      sparse: branch(
        'ffn',
        make('ffn.moe', {
          experts: config.whole('num_experts'),
          top_k: config.whole('num_experts_per_token'),
          width: config.whole('moe_intermediate_size'),
          shared: config.whole('num_shared_experts', 0),
          router: make('router.sigmoid', {
            renormalize: config.flag('moe_renormalize'),
            scale: config.real('routed_scaling_factor'),
            groups,
            top_groups: Math.min(groups, config.whole('topk_group')),
          }),
        }),
      ),
    };
    return {
      sizes,
      make,
      layers: types.map((type, index) => ({
        norm,
        position: type === 'full_attention' ? make('position.none') : make('position.rope'),
        branches: [mixing[type], ffns[feeding[index] ?? 'sparse']],
      })),
    };
  },
  write: spec => {
    const moe = firstOf(spec, 'ffn.moe');
    const mixer = firstOf(spec, 'mixer.kda');
    const { max_position_embeddings: context, ...sizes } = writeSizes(spec);
    const { renormalize, scale, groups, top_groups } = moe?.router.config ?? {};
    const types = writeMixing(spec);
    const layersOf = (type: string) => types.flatMap((each, index) => (each === type ? [index + 1] : []));
    return {
      ...sizes,
      model_max_length: context,
      ...writeEpsilon(spec),
      ...writeLatentAttention(spec),
      mla_use_nope: true,
      linear_attn_config: {
        full_attn_layers: layersOf('full_attention'),
        kda_layers: layersOf('linear_attention'),
        num_heads: mixer?.heads,
        head_dim: mixer?.head_dim,
        short_conv_kernel_size: mixer?.taps,
      },
      hidden_act: 'silu',
      intermediate_size: denseOf(spec)?.width ?? moe?.width,
      mlp_layer_types: writeSparse(spec).map(isSparse => (isSparse ? 'sparse' : 'dense')),
      moe_intermediate_size: moe?.width,
      num_experts: moe?.experts,
      num_experts_per_token: moe?.top_k,
      num_shared_experts: moe?.shared,
      moe_renormalize: renormalize === true,
      moe_router_activation_func: 'sigmoid',
      routed_scaling_factor: typeof scale === 'number' ? scale : 1,
      num_expert_group: typeof groups === 'number' ? groups : 1,
      topk_group: typeof top_groups === 'number' ? top_groups : 1,
    };
  },
};
