import { reshape, sigmoid, type Tensor3D } from '@tensorflow/tfjs-core';
import { decayGate } from '../../ops/decay-gate';
import { gatedRmsNorm } from '../../ops/gated-rms-norm';
import { linear } from '../../ops/linear';
import { rows } from '../../ops/rows';
import { convolve } from '../convolve';
import type { Layer } from '../layer';
import { runDeltaRule } from './run-delta-rule';

/**
 * y = W_out norm(deltaRule(silu(conv(W_qkv x)), decay, β)) * silu(W_z x), with β = σ(W_b x), decay = -exp(A) softplus(W_a x + bias).
 *
 * Shapes: x and y [batch, seq, hidden]. Yang et al. 2024, as in Qwen3-Next.
 */
export const gdnLayer: Layer<'mixer.gdn'> = {
  mix(x, { config, ambient, weights, pass, memory }) {
    const { heads, key_heads: keyHeads, key_dim: keyDim, value_dim: valueDim } = config;
    const [batch, seq] = x.shape;
    const values = heads * valueDim;
    const mixedSize = 2 * keyHeads * keyDim + values;
    // Slices of the weights instead of the projected rows: they are much smaller.
    const [input, gates] = [weights.get('input', 2), weights.get('gates', 2)];
    const mixed = linear(x, rows(input, 0, mixedSize), null, pass.precision) as Tensor3D;
    const convolved = convolve(mixed, weights.get('filter', 3), null, { memory });
    // Gates stay fp32: a rounded decay is multiplied with itself all along the sequence.
    const beta = sigmoid(linear(x, rows(gates, 0, heads), null)) as Tensor3D;
    const rate = linear(x, rows(gates, heads, heads), null);
    const decay = decayGate(rate, weights.get('decay_bias', 1), weights.get('decay', 1)) as Tensor3D;
    const out = runDeltaRule({ mixed: convolved, decay, beta }, { keyHeads, heads, keyDim, valueDim }, memory);
    const gate = linear(x, rows(input, mixedSize, values), null, pass.precision);
    const gated = gatedRmsNorm(out, reshape(gate, out.shape), weights.get('norm', 1), {
      epsilon: ambient.norm.epsilon,
      groups: 1,
      gated: 'after',
      activation: 'silu',
    });
    return linear(reshape(gated, [batch, seq, values]), weights.get('output', 2), null, pass.precision) as Tensor3D;
  },
};
