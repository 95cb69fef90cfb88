import type { Instance } from '../../../architecture/component';
import type { ConfigReader } from '../config-reader';
import type { Family } from '../family';
import { readSigmoidRouter, writeSigmoidRouter } from '../mixtures';
import { branch, readHeads, readPlainActivation, readSizes } from '../read-common';
import { firstOf, perStack, writeHeads, writeSizes } from '../write-common';

const kinds = ['linear_attention', 'moe', 'full_attention', 'mlp'] as const;
type Kind = (typeof kinds)[number];

/** Letters of `hybrid_override_pattern`, and older words for the same. */
const words: Readonly<Record<string, Kind>> = {
  M: 'linear_attention',
  E: 'moe',
  '*': 'full_attention',
  '-': 'mlp',
  mamba: 'linear_attention',
  attention: 'full_attention',
};

const plainWords = {
  relu2: 'relu2',
  relu: 'relu',
  silu: 'silu',
  gelu: 'gelu',
  gelu_tanh: 'gelu_pytorch_tanh',
} as const;

/** Nemotron-H: layers of one part each: Mamba-2, attention without positions, a plain feed-forward layer, or experts without a gate. */
export const nemotronH: Family = {
  types: ['nemotron_h'],
  className: 'NemotronHForCausalLM',
  defaults: {
    vocab_size: 131072,
    hidden_size: 4096,
    tie_word_embeddings: false,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 4096,
    attention_bias: false,
    sliding_window: null,
    intermediate_size: 21504,
    mlp_hidden_act: 'relu2',
    mlp_bias: false,
    ssm_state_size: 128,
    mamba_num_heads: 128,
    mamba_head_dim: 64,
    mamba_hidden_act: 'silu',
    n_groups: 8,
    conv_kernel: 4,
    time_step_min: 0.001,
    use_conv_bias: true,
    use_bias: false,
    n_routed_experts: 8,
    n_shared_experts: 1,
    moe_intermediate_size: 7688,
    moe_shared_expert_intermediate_size: 7688,
    moe_latent_size: null,
    num_experts_per_tok: 2,
    routed_scaling_factor: 1,
    n_group: 1,
    topk_group: 1,
    norm_topk_prob: true,
    num_nextn_predict_layers: 0,
    initializer_range: 0.02,
    layer_norm_epsilon: 1e-5,
    layers_block_type: ['linear_attention', 'moe', 'full_attention', 'mlp'],
  },
  aliases: {
    layers_block_type: ['layer_types'],
    layer_norm_epsilon: ['norm_eps', 'rms_norm_eps'],
    n_routed_experts: ['num_local_experts'],
    n_groups: ['mamba_n_groups'],
    conv_kernel: ['mamba_d_conv'],
    time_step_min: ['mamba_dt_min'],
    use_conv_bias: ['mamba_conv_bias'],
  },
  idle: [
    'num_hidden_layers',
    'rope_theta',
    'partial_rotary_factor',
    'expand',
    'mamba_expand',
    'chunk_size',
    'mamba_chunk_size',
    'time_step_max',
    'mamba_dt_max',
    'time_step_limit',
    'mamba_dt_limit',
    'time_step_floor',
    'mamba_dt_init_floor',
    'mamba_proj_bias',
    'mamba_ssm_cache_dtype',
    'use_mamba_kernels',
    'residual_in_fp32',
    'rescale_prenorm_residual',
    'moe_shared_expert_overlap',
    'mtp_layers_block_type',
    'mtp_hybrid_override_pattern',
  ],
  read: config => {
    const types = readKinds(config);
    const { sizes, make } = readSizes(config, { layers: types.length });
    config.choice('mamba_hidden_act', ['silu']);
    if (config.optionalWhole('moe_latent_size') !== null)
      config.fail('`moe_latent_size`: there are no latent experts here.');
    if (config.optionalWhole('sliding_window') !== null)
      config.fail('`sliding_window`: this class has full attention only.');
    if (config.whole('num_nextn_predict_layers', 0) > 0) {
      config.warn('`num_nextn_predict_layers`: modules of two layers are not known here, and left out.');
    }
    const activation = readPlainActivation(config, 'mlp_hidden_act');
    const shared = config.whole('n_shared_experts', 0);
    const norm = make('norm.rms', { epsilon: config.real('layer_norm_epsilon') });
    // The class knows these activations for experts; the plain layer knows more.
    const expertActivation = activation === 'relu' ? 'relu2' : activation;
    if (activation === 'relu' && types.includes('moe'))
      config.fail('`mlp_hidden_act` = "relu": experts with it are not known here.');
    const bodies: Readonly<Record<Kind, Instance>> = {
      linear_attention: make('mixer.mamba2', {
        heads: config.whole('mamba_num_heads'),
        head_dim: config.whole('mamba_head_dim'),
        state: config.whole('ssm_state_size'),
        groups: config.whole('n_groups'),
        taps: config.whole('conv_kernel'),
        step_floor: config.real('time_step_min'),
        bias: config.flag('use_bias'),
        taps_bias: config.flag('use_conv_bias'),
      }),
      full_attention: make('attention.gqa', {
        ...readHeads(config, sizes),
        bias: config.flag('attention_bias') ? 'all' : 'none',
      }),
      mlp: make('ffn.mlp', {
        width: config.whole('intermediate_size'),
        activation,
        bias: config.flag('mlp_bias'),
      }),
      moe: make('ffn.moe', {
        experts: config.whole('n_routed_experts'),
        top_k: config.whole('num_experts_per_tok'),
        width: config.whole('moe_intermediate_size'),
        activation: expertActivation,
        gated: false,
        // One shared layer of this width, however many it is said to be.
        shared: shared === 0 ? 0 : 1,
        shared_width: config.whole('moe_shared_expert_intermediate_size'),
        router: make('router.sigmoid', readSigmoidRouter(config)),
      }),
    };
    const slots = { linear_attention: 'mixer', full_attention: 'attention', mlp: 'ffn', moe: 'ffn' } as const;
    return {
      sizes,
      make,
      layers: types.map(type => ({
        norm,
        position: type === 'full_attention' ? make('position.none') : make('position.rope'),
        branches: [branch(slots[type], bodies[type])],
      })),
    };
  },
  write: spec => {
    const mixer = firstOf(spec, 'mixer.mamba2');
    const moe = firstOf(spec, 'ffn.moe');
    const mlp = firstOf(spec, 'ffn.mlp');
    const activation = mlp?.activation ?? moe?.activation ?? 'relu2';
    const { num_hidden_layers: _, ...sizes } = writeSizes(spec);
    return {
      ...sizes,
      layer_norm_epsilon: spec.finalNorm.config.epsilon as number,
      layers_block_type: perStack(spec, branches => kindOf(branches[0]?.body.id)),
      ...writeHeads(spec),
      attention_bias: firstOf(spec, 'attention.gqa')?.bias === 'all',
      mamba_num_heads: mixer?.heads,
      mamba_head_dim: mixer?.head_dim,
      ssm_state_size: mixer?.state,
      n_groups: mixer?.groups,
      conv_kernel: mixer?.taps,
      time_step_min: mixer?.step_floor,
      use_bias: mixer?.bias,
      use_conv_bias: mixer?.taps_bias,
      mamba_hidden_act: 'silu',
      mlp_hidden_act: plainWords[activation],
      mlp_bias: mlp?.bias,
      intermediate_size: mlp?.width,
      n_routed_experts: moe?.experts,
      num_experts_per_tok: moe?.top_k,
      moe_intermediate_size: moe?.width,
      n_shared_experts: moe?.shared,
      moe_shared_expert_intermediate_size: moe?.shared_width,
      ...(moe === undefined ? {} : writeSigmoidRouter(moe)),
    };
  },
};

/** Kinds of the layers: a pattern of letters, or a list of words, old and new. */
function readKinds(config: ConfigReader): readonly Kind[] {
  const pattern = config.has('hybrid_override_pattern') ? [...config.word('hybrid_override_pattern')] : null;
  // A list wins over the pattern, as in transformers; the class has one of its own.
  const listed = config.has('layers_block_type') || pattern === null ? config.words('layers_block_type') : pattern;
  const found = (listed ?? []).map(word => words[word] ?? kinds.find(kind => kind === word) ?? word);
  const unknown = found.find(word => !kinds.some(kind => kind === word));
  if (unknown !== undefined)
    config.fail(`The layers hold "${unknown}", which means nothing here. They can be ${kinds.join(', ')}.`);
  return found.flatMap(word => kinds.find(kind => kind === word) ?? []);
}

function kindOf(id: string | undefined): Kind {
  if (id === 'ffn.moe') return 'moe';
  if (id?.startsWith('ffn.')) return 'mlp';
  return id?.startsWith('mixer.') ? 'linear_attention' : 'full_attention';
}
