import type { ConfigReader } from '../config-reader';
import type { Family } from '../family';
import { readRecurrentSizes, recurrentLayers, writeMamba, writeRecurrentSizes } from '../recurrent';
import { firstOf } from '../write-common';

/** Mamba-2: state-space duality in every layer and nothing else. */
export const mamba2: Family = {
  types: ['mamba2'],
  className: 'Mamba2ForCausalLM',
  defaults: {
    num_heads: 128,
    head_dim: 64,
    vocab_size: 32768,
    hidden_size: 4096,
    state_size: 128,
    num_hidden_layers: 64,
    layer_norm_epsilon: 1e-5,
    expand: 2,
    conv_kernel: 4,
    n_groups: 8,
    use_bias: false,
    use_conv_bias: true,
    hidden_act: 'silu',
    initializer_range: 0.1,
    tie_word_embeddings: false,
    max_position_embeddings: null,
    time_step_limit: null,
  },
  idle: [
    'intermediate_size',
    'chunk_size',
    'residual_in_fp32',
    'rescale_prenorm_residual',
    'time_step_rank',
    'time_step_min',
    'time_step_max',
    'time_step_floor',
    'rms_norm',
    'norm_before_gate',
  ],
  read: config => {
    const { sizes, make } = readRecurrentSizes(config);
    config.choice('hidden_act', ['silu']);
    const [heads, headDim] = [config.whole('num_heads'), config.whole('head_dim')];
    const inner = config.real('expand') * sizes.hidden;
    if (heads * headDim !== inner) {
      config.fail(
        `\`num_heads\` * \`head_dim\` (${heads * headDim}) must equal \`expand\` * \`hidden_size\` (${inner}).`,
      );
    }
    const mixer = make('mixer.mamba2', {
      heads,
      head_dim: headDim,
      state: config.whole('state_size'),
      groups: config.whole('n_groups'),
      // One norm over all channels, whatever the groups.
      norm_groups: 1,
      taps: config.whole('conv_kernel'),
      bias: config.flag('use_bias'),
      taps_bias: config.flag('use_conv_bias'),
      ...readStepLimits(config),
    });
    return recurrentLayers(config, { sizes, make }, mixer);
  },
  write: spec => {
    const mixer = firstOf(spec, 'mixer.mamba2');
    return {
      ...writeRecurrentSizes(spec),
      ...writeMamba(mixer),
      expand: mixer === undefined ? 2 : (mixer.heads * mixer.head_dim) / spec.hidden,
      num_heads: mixer?.heads,
      head_dim: mixer?.head_dim,
      n_groups: mixer?.groups,
      time_step_limit: mixer === undefined ? null : [mixer.step_floor, mixer.step_ceiling ?? Number.POSITIVE_INFINITY],
    };
  },
};

/** Bounds of the step sizes; an infinite one is none. */
function readStepLimits(config: ConfigReader): { readonly step_floor: number; readonly step_ceiling: number | null } {
  const [low = 0, high = Number.POSITIVE_INFINITY] = config.reals('time_step_limit') ?? [];
  return { step_floor: Math.max(0, low), step_ceiling: Number.isFinite(high) ? high : null };
}
