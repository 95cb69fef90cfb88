import { defineComponent, weight } from '../../component';
import { computed, integer } from '../../fields';
import {
  convolution,
  convolutionBiasField,
  freshSteps,
  inputProjection,
  outputProjection,
  projectionBiasField,
  tapsField,
} from './mixer-fields';

export const mamba1 = defineComponent({
  slot: 'mixer',
  word: 'mamba1',
  title: 'Mamba selective scan',
  doc: 'A state-space recurrence per channel whose step size, input and output follow from the token: h = exp(dt A) h + dt B x, y = C h + D x, gated by silu(z).',
  paper: {
    title: 'Mamba: Linear-Time Sequence Modeling with Selective State Spaces (Gu and Dao, 2023)',
    url: 'https://arxiv.org/abs/2312.00752',
  },
  example: 'mixer mamba1 { state = 16 }',
  fields: {
    inner: integer({
      doc: 'Channels of the recurrence (d_inner).',
      unit: 'dimensions',
      default: computed('2 * hidden', scope => 2 * scope.number('hidden')),
      min: 1,
    }),
    state: integer({
      doc: 'Numbers that each channel keeps of the past (d_state).',
      unit: 'dimensions',
      default: 16,
      min: 1,
      max: 1024,
      suggestions: [16],
    }),
    rank: integer({
      doc: 'Rank of the projection that gives the step sizes (dt_rank).',
      unit: 'dimensions',
      default: computed('hidden / 16', scope => Math.max(1, Math.ceil(scope.number('hidden') / 16))),
      min: 1,
    }),
    taps: tapsField,
    bias: projectionBiasField,
    taps_bias: convolutionBiasField,
  },
  weights: ({ inner, state, rank, taps, bias, taps_bias: tapsBias }, { hidden, initStd }) => {
    const matrix = { init: { kind: 'normal', std: initStd }, role: 'matmul' } as const;
    return [
      // Rows: x, then the gate z.
      ...inputProjection(2 * inner, hidden, { initStd, bias }),
      ...convolution(inner, taps, tapsBias),
      // Rows: step sizes (rank), B, C.
      weight('selection', {
        shape: { selected: rank + 2 * state, channels: inner },
        ...matrix,
        hf: 'mixer.x_proj.weight',
        gguf: 'ssm_x.weight',
      }),
      weight('step', {
        shape: { channels: inner, rank },
        init: { kind: 'uniform', limit: rank ** -0.5 },
        role: 'matmul',
        hf: 'mixer.dt_proj.weight',
        gguf: 'ssm_dt.weight',
      }),
      weight('step_bias', {
        shape: { channels: inner },
        init: { kind: 'inverse-softplus', ...freshSteps },
        role: 'bias',
        hf: 'mixer.dt_proj.bias',
        gguf: 'ssm_dt.bias',
      }),
      // A = -exp(decay); GGUF keeps A itself under this name.
      weight('decay', {
        shape: { channels: inner, state },
        init: { kind: 'log-count' },
        role: 'scale',
        hf: 'mixer.A_log',
        gguf: 'ssm_a',
      }),
      weight('skip', {
        shape: { channels: inner },
        init: { kind: 'constant', value: 1 },
        role: 'scale',
        hf: 'mixer.D',
        gguf: 'ssm_d',
      }),
      ...outputProjection(hidden, inner, { initStd, bias }),
    ];
  },
  // Per state: dt A, dt x B, a multiply-add each for the update and the answer. Per channel: the skip.
  stateFlops: ({ inner, state }) => 6 * inner * state + 2 * inner,
  cache: ({ inner, state, taps }) => ({ perToken: 0, maxTokens: null, constant: inner * (state + taps - 1) }),
  // Input; x, z, the convolved x, the step sizes twice, y and its gated form; what selects; and a state of every 64th token.
  activations: ({ inner, state, rank }, { hidden }) =>
    hidden + 7 * inner + 2 * (rank + 2 * state) + (inner * state) / 64,
});
