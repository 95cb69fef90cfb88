import type { SettingsOf } from '../../../architecture/registry';
import type { JsonObject } from '../config-json';
import type { ConfigReader } from '../config-reader';
import type { Family, Sizes } from '../family';
import { readSigmoidRouter, writeSigmoidRouter } from '../mixtures';
import { branch, readAhead, readGatedFfn, readHeads, readLayerTypes, readSizes } from '../read-common';
import { readRope } from '../read-rope';
import {
  denseOf,
  firstOf,
  ropeOf,
  ropeParameters,
  windowOf,
  writeBody,
  writeLayerTypes,
  writeSparse,
} from '../write-common';

const attentionTypes = ['full_attention', 'sliding_attention'] as const;

/** MiMo-V2-Flash: five layers in six with a short window, sinks and twice the key heads; values narrower than keys, and scaled. */
export const mimoV2Flash: Family = {
  types: ['mimo_v2_flash'],
  className: 'MiMoV2FlashForCausalLM',
  defaults: {
    vocab_size: 152576,
    hidden_size: 4096,
    intermediate_size: 16384,
    num_hidden_layers: 48,
    num_attention_heads: 64,
    num_key_value_heads: 4,
    head_dim: 192,
    v_head_dim: 128,
    hidden_act: 'silu',
    max_position_embeddings: 131072,
    initializer_range: 0.02,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    attention_bias: false,
    moe_intermediate_size: 2048,
    num_experts_per_tok: 8,
    n_routed_experts: 256,
    routed_scaling_factor: 1,
    n_group: 1,
    topk_group: 1,
    norm_topk_prob: true,
    sliding_window: 128,
    // biome-ignore lint/suspicious/noApproximativeNumericConstant: these three digits are the value of the class.
    attention_value_scale: 0.707,
    scoring_func: 'sigmoid',
    add_swa_attention_sink_bias: true,
    add_full_attention_sink_bias: false,
    _mtp_layers: 0,
  },
  aliases: { n_routed_experts: ['num_local_experts'], rms_norm_eps: ['layernorm_epsilon'] },
  idle: ['sliding_window_size', 'attention_chunk_size', 'topk_method'],
  read: config => {
    const { sizes, make } = readSizes(config);
    const pattern = config.wholes('hybrid_layer_pattern');
    const types = readLayerTypes(config, sizes, attentionTypes, index => {
      const isFull = pattern === null ? index === 0 || (index + 1) % 6 === 0 : pattern[index] === 0;
      return isFull ? 'full_attention' : 'sliding_attention';
    });
    const frequency = config.wholes('moe_layer_freq');
    const feeding = readLayerTypes(
      config,
      sizes,
      ['dense', 'sparse'],
      index => ((frequency === null ? index === 0 : frequency[index] === 0) ? 'dense' : 'sparse'),
      'mlp_layer_types',
    );
    config.choice('scoring_func', ['sigmoid']);
    const norm = make('norm.rms', { epsilon: config.real('rms_norm_eps') });
    const rope = { fraction: 0.334 };
    const positions = {
      full_attention: readRope(config, make, { ...rope, theta: 5e6, layerType: 'full_attention' }),
      sliding_attention: readRope(config, make, {
        ...rope,
        layerType: 'sliding_attention',
        thetaKey: 'swa_rope_theta',
      }),
    };
    const common = {
      bias: config.flag('attention_bias') ? 'qkv' : 'none',
      // Explicitly null means as they are.
      value_scale: config.optionalReal('attention_value_scale') ?? 1,
    } as const;
    const attentions = {
      full_attention: make('attention.gqa', {
        ...common,
        ...readHeads(config, sizes),
        value_dim: config.whole('v_head_dim'),
        sinks: config.flag('add_full_attention_sink_bias'),
      }),
      sliding_attention: make('attention.gqa', {
        ...common,
        ...readSlidingHeads(config, sizes),
        window: config.whole('sliding_window'),
        sinks: config.flag('add_swa_attention_sink_bias'),
      }),
    };
    const ffns = {
      dense: readGatedFfn(config, make, { width: config.whole('intermediate_size') }),
      sparse: make('ffn.moe', {
        experts: config.whole('n_routed_experts'),
        top_k: config.whole('num_experts_per_tok'),
        width: config.whole('moe_intermediate_size'),
        router: make('router.sigmoid', readSigmoidRouter(config)),
      }),
    };
    return {
      sizes,
      make,
      // Not in any config.json: published checkpoints hold three dense modules with a window.
      ahead: readAhead(
        config,
        {
          norm,
          position: positions.sliding_attention,
          branches: [branch('attention', attentions.sliding_attention), branch('ffn', ffns.dense)],
        },
        '_mtp_layers',
      ),
      layers: types.map((type, index) => ({
        norm,
        position: positions[type],
        branches: [branch('attention', attentions[type]), branch('ffn', ffns[feeding[index] ?? 'sparse'])],
      })),
    };
  },
  write: spec => {
    const moe = firstOf(spec, 'ffn.moe');
    const { local, global } = attentionsOf(spec.kinds.flatMap(({ branches }) => branches.map(({ body }) => body)));
    const [localRope, globalRope] = [ropeOf(spec, 'local'), ropeOf(spec, 'global')];
    const entry = (rope: typeof localRope): JsonObject =>
      rope === undefined ? {} : { ...ropeParameters(rope), partial_rotary_factor: rope.fraction };
    return {
      ...writeBody(spec),
      ...(global === undefined ? {} : headsOf(global, '')),
      ...(local === undefined ? {} : headsOf(local, 'swa_')),
      attention_bias: (global ?? local)?.bias === 'qkv',
      attention_value_scale: (global ?? local)?.value_scale,
      add_full_attention_sink_bias: global?.sinks ?? false,
      add_swa_attention_sink_bias: local?.sinks ?? true,
      ...(windowOf(spec) === null ? {} : { sliding_window: windowOf(spec) }),
      layer_types: writeLayerTypes(spec),
      mlp_layer_types: writeSparse(spec).map(isSparse => (isSparse ? 'sparse' : 'dense')),
      rope_parameters: {
        ...(globalRope === undefined ? {} : { full_attention: entry(globalRope) }),
        ...(localRope === undefined ? {} : { sliding_attention: entry(localRope) }),
      },
      hidden_act: 'silu',
      intermediate_size: denseOf(spec)?.width ?? moe?.width,
      moe_intermediate_size: moe?.width,
      n_routed_experts: moe?.experts,
      num_experts_per_tok: moe?.top_k,
      ...writeSigmoidRouter(moe),
      ...(spec.mtp === undefined ? {} : { _mtp_layers: spec.mtp.length }),
    };
  },
};

/** Heads of the layers with a window: as their own keys say, otherwise with twice the key heads, as the class has it. */
function readSlidingHeads(config: ConfigReader, sizes: Sizes) {
  const full = readHeads(config, sizes);
  return {
    heads: config.optionalWhole('swa_num_attention_heads') ?? full.heads,
    kv_heads: config.optionalWhole('swa_num_key_value_heads') ?? 2 * full.kv_heads,
    head_dim: config.optionalWhole('swa_head_dim') ?? full.head_dim,
    value_dim: config.optionalWhole('swa_v_head_dim') ?? config.whole('v_head_dim'),
  };
}

type Attention = SettingsOf<'attention.gqa'>;

function attentionsOf(bodies: readonly { readonly id: string; readonly config: object }[]) {
  const all = bodies.flatMap(({ id, config }) => (id === 'attention.gqa' ? [config as Attention] : []));
  return { local: all.find(({ window }) => window !== null), global: all.find(({ window }) => window === null) };
}

const headsOf = (attention: Attention, prefix: string): JsonObject => ({
  [`${prefix}num_attention_heads`]: attention.heads,
  [`${prefix}num_key_value_heads`]: attention.kv_heads,
  [`${prefix}head_dim`]: attention.head_dim,
  [`${prefix}v_head_dim`]: attention.value_dim,
});
