import type { Family } from '../family';
import { readRecurrentSizes, recurrentLayers, writeMamba, writeRecurrentSizes } from '../recurrent';
import { firstOf } from '../write-common';

/** Mamba: a selective scan in every layer and nothing else. */
export const mamba: Family = {
  types: ['mamba'],
  className: 'MambaForCausalLM',
  defaults: {
    vocab_size: 50280,
    hidden_size: 768,
    state_size: 16,
    num_hidden_layers: 32,
    layer_norm_epsilon: 1e-5,
    expand: 2,
    conv_kernel: 4,
    use_bias: false,
    use_conv_bias: true,
    hidden_act: 'silu',
    initializer_range: 0.1,
    time_step_rank: 'auto',
    tie_word_embeddings: true,
    max_position_embeddings: null,
  },
  idle: [
    'intermediate_size',
    'residual_in_fp32',
    'time_step_scale',
    'time_step_min',
    'time_step_max',
    'time_step_init_scheme',
    'time_step_floor',
    'rescale_prenorm_residual',
    'use_mambapy',
    'use_associative_scan',
  ],
  read: config => {
    const { sizes, make } = readRecurrentSizes(config);
    config.choice('hidden_act', ['silu']);
    const isAuto = config.value('time_step_rank') === 'auto';
    const mixer = make('mixer.mamba1', {
      inner: Math.floor(config.real('expand') * sizes.hidden),
      state: config.whole('state_size'),
      rank: isAuto ? Math.ceil(sizes.hidden / 16) : config.whole('time_step_rank'),
      taps: config.whole('conv_kernel'),
      bias: config.flag('use_bias'),
      taps_bias: config.flag('use_conv_bias'),
    });
    return recurrentLayers(config, { sizes, make }, mixer);
  },
  write: spec => {
    const mixer = firstOf(spec, 'mixer.mamba1');
    return {
      ...writeRecurrentSizes(spec),
      ...writeMamba(mixer),
      expand: mixer === undefined ? 2 : mixer.inner / spec.hidden,
      time_step_rank: mixer?.rank,
    };
  },
};
