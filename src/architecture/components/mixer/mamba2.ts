import { defineComponent, weight } from '../../component';
import { computed, integer, number, optionalNumber } from '../../fields';
import {
  convolution,
  convolutionBiasField,
  freshSteps,
  inputProjection,
  outputProjection,
  projectionBiasField,
  tapsField,
} from './mixer-fields';

export const mamba2 = defineComponent({
  slot: 'mixer',
  word: 'mamba2',
  title: 'Mamba-2 state-space duality',
  doc: 'A state-space recurrence whose heads each forget at one rate: S = exp(dt A) S + dt B x^T, y = S^T C + D x, then a gated norm; trained in chunks as matrix products.',
  paper: {
    title:
      'Transformers are SSMs: Generalized Models and Efficient Algorithms Through Structured State Space Duality (Dao and Gu, 2024)',
    url: 'https://arxiv.org/abs/2405.21060',
  },
  example: 'mixer mamba2 { state = 64  head_dim = 64 }',
  fields: {
    head_dim: integer({
      doc: 'Size of one head.',
      unit: 'dimensions',
      default: 64,
      min: 1,
      max: 4096,
      suggestions: [32, 64],
    }),
    heads: integer({
      doc: 'Number of heads; heads * head_dim are the channels of the recurrence.',
      default: computed('2 * hidden / head_dim', scope =>
        Math.max(1, Math.floor((2 * scope.number('hidden')) / scope.number('head_dim'))),
      ),
      min: 1,
      max: 4096,
    }),
    state: integer({
      doc: 'Numbers that each channel keeps of the past (d_state).',
      unit: 'dimensions',
      default: 128,
      min: 1,
      max: 4096,
      suggestions: [16, 64, 128],
    }),
    groups: integer({
      doc: 'Groups of heads that share one B and C, as heads of attention share keys; must divide heads.',
      default: 1,
      min: 1,
      max: 1024,
    }),
    norm_groups: integer({
      doc: 'Parts of the channels that the gated norm works on separately; must divide the channels.',
      default: computed('groups', scope => scope.number('groups')),
      min: 1,
      max: 1024,
    }),
    taps: tapsField,
    step_floor: number({ doc: 'Smallest step size dt.', default: 0, min: 0, suggestions: [0.001] }),
    step_ceiling: optionalNumber({
      doc: 'Largest step size dt.',
      none: 'steps are not bounded above',
      default: null,
      min: 0,
      exclusiveMin: true,
    }),
    bias: projectionBiasField,
    taps_bias: convolutionBiasField,
  },
  weights: (config, { hidden, initStd }) => {
    const { heads, head_dim: headDim, state, groups, taps, bias, taps_bias: tapsBias } = config;
    const inner = heads * headDim;
    const convolved = inner + 2 * groups * state;
    const rows = inner + convolved + heads;
    return [
      // Rows: the gate z, then x, B, C, then one step size per head.
      ...inputProjection(rows, hidden, { initStd, bias }),
      ...convolution(convolved, taps, tapsBias),
      weight('step_bias', {
        shape: { heads },
        init: { kind: 'inverse-softplus', ...freshSteps },
        role: 'bias',
        hf: 'mixer.dt_bias',
        gguf: 'ssm_dt.bias',
      }),
      // A = -exp(decay); GGUF keeps A itself under this name.
      weight('decay', {
        shape: { heads },
        init: { kind: 'log-uniform', low: 1, high: 16 },
        role: 'scale',
        hf: 'mixer.A_log',
        gguf: 'ssm_a',
      }),
      weight('skip', {
        shape: { heads },
        init: { kind: 'constant', value: 1 },
        role: 'scale',
        hf: 'mixer.D',
        gguf: 'ssm_d',
      }),
      weight('norm', {
        shape: { channels: inner },
        init: { kind: 'constant', value: 1 },
        role: 'scale',
        hf: 'mixer.norm.weight',
        gguf: 'ssm_norm.weight',
      }),
      ...outputProjection(hidden, inner, { initStd, bias }),
    ];
  },
  // Per state: dt x B, a multiply-add each for the update and the answer. Per channel: the skip.
  stateFlops: ({ heads, head_dim: headDim, state }) => heads * headDim * (5 * state + 2),
  cache: ({ heads, head_dim: headDim, state, groups, taps }) => ({
    perToken: 0,
    maxTokens: null,
    constant: heads * headDim * state + (taps - 1) * (heads * headDim + 2 * groups * state),
  }),
  // Input; z, x, B and C before and after the convolution, y, its normed form; three numbers per head; a state of every 64th token.
  activations: ({ heads, head_dim: headDim, state, groups }, { hidden }) => {
    const inner = heads * headDim;
    return hidden + 5 * inner + 4 * groups * state + 3 * heads + (inner * state) / 64;
  },
});
