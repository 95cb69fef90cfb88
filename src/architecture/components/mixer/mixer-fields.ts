import { weight } from '../../component';
import { boolean, integer } from '../../fields';

/** Settings and tensors that state-space mixers share. */

export const tapsField = integer({
  doc: 'Tokens that the short causal convolution before the recurrence sees, the own one included.',
  unit: 'tokens',
  default: 4,
  min: 1,
  max: 64,
  suggestions: [4],
});
export const projectionBiasField = boolean({ doc: 'Add biases to the projections in and out.', default: false });
export const convolutionBiasField = boolean({ doc: 'Add a bias to the convolution.', default: true });

/** Step sizes of a fresh model, spread evenly in their logarithm (Gu and Dao, 2023). */
export const freshSteps = { low: 0.001, high: 0.1 } as const;

const zero = { init: { kind: 'constant', value: 0 }, role: 'bias' } as const;

/** The projection of the normed stream to all that a mixer needs. */
export const inputProjection = (rows: number, hidden: number, { initStd, bias }: Projection) => [
  weight('input', {
    shape: { rows, hidden },
    init: { kind: 'normal', std: initStd },
    role: 'matmul',
    hf: 'mixer.in_proj.weight',
    gguf: 'ssm_in.weight',
  }),
  ...(bias ? [weight('input_bias', { shape: { rows }, ...zero, hf: 'mixer.in_proj.bias', gguf: null })] : []),
];

/** The projection back to the stream. */
export const outputProjection = (hidden: number, channels: number, { initStd, bias }: Projection) => [
  weight('output', {
    shape: { hidden, channels },
    init: { kind: 'residual', std: initStd },
    role: 'matmul',
    hf: 'mixer.out_proj.weight',
    gguf: 'ssm_out.weight',
  }),
  ...(bias ? [weight('output_bias', { shape: { hidden }, ...zero, hf: 'mixer.out_proj.bias', gguf: null })] : []),
];

interface Projection {
  readonly initStd: number;
  readonly bias: boolean;
}

/** The short causal convolution of each channel on its own. */
export const convolution = (channels: number, taps: number, bias: boolean) => [
  weight('filter', {
    shape: { channels, one: 1, taps },
    init: { kind: 'uniform', limit: taps ** -0.5 },
    role: 'filter',
    hf: 'mixer.conv1d.weight',
    gguf: 'ssm_conv1d.weight',
  }),
  ...(bias
    ? [weight('filter_bias', { shape: { channels }, ...zero, hf: 'mixer.conv1d.bias', gguf: 'ssm_conv1d.bias' })]
    : []),
];
