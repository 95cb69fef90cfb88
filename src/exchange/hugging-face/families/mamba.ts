import type { Family } from '../family';
import { branch, perLayer } from '../read-common';
import { readRecurrentSizes, writeRecurrentSizes } from '../recurrent';
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
    const block = {
      norm: make('norm.rms', { epsilon: config.real('layer_norm_epsilon') }),
      position: make('position.rope'),
      branches: [branch('mixer', mixer)],
    };
    return { sizes, make, layers: perLayer(sizes, () => block) };
  },
  write: spec => {
    const mixer = firstOf(spec, 'mixer.mamba1');
    return {
      ...writeRecurrentSizes(spec),
      hidden_act: 'silu',
      expand: mixer === undefined ? 2 : mixer.inner / spec.hidden,
      state_size: mixer?.state,
      time_step_rank: mixer?.rank,
      conv_kernel: mixer?.taps,
      use_bias: mixer?.bias,
      use_conv_bias: mixer?.taps_bias,
    };
  },
};
