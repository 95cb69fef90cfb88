import {
  concat,
  reshape,
  sigmoid,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { decayGate } from '../../ops/decay-gate';
import { gatedRmsNorm } from '../../ops/gated-rms-norm';
import { linear } from '../../ops/linear';
import { convolve } from '../convolve';
import type { Layer } from '../layer';
import { runDeltaRule } from './run-delta-rule';

/**
 * y = W_out norm(deltaRule(silu(conv(W_qkv x)), decay, β)) * σ(W_g x), with β = σ(W_b x) and, per key channel,
 * decay = -exp(A) softplus(W_f x + bias); W_g and W_f are products of two narrow matrices.
 *
 * Shapes: x and y [batch, seq, hidden]. Kimi Team 2025, "Kimi Linear".
 */
export const kdaLayer: Layer<'mixer.kda'> = {
  mix(x, { config, ambient, weights, pass, memory }) {
    const { heads, head_dim: headDim } = config;
    const [batch, seq] = x.shape;
    const channels = heads * headDim;
    // The three projections are one product; the weights are smaller than what they project.
    const joined = concat([weights.get('query', 2), weights.get('key', 2), weights.get('value', 2)], 0) as Tensor2D;
    const mixed = linear(x, joined, null, pass.precision) as Tensor3D;
    const convolved = convolve(mixed, weights.get('filter', 3), null, { memory });
    // What decides on forgetting stays fp32: a rounded decay is multiplied with itself all along the sequence.
    const rates = linear(linear(x, weights.get('forget_down', 2), null), weights.get('forget_up', 2), null);
    const speed = reshape(weights.get('decay', 4), [heads]) as Tensor1D;
    const decay = decayGate(rates, weights.get('decay_bias', 1), speed);
    const inputs = {
      mixed: convolved,
      decay: reshape(decay, [batch, seq, heads, headDim]) as Tensor4D,
      beta: sigmoid(linear(x, weights.get('beta', 2), null)) as Tensor3D,
    };
    const out = runDeltaRule(inputs, { keyHeads: heads, heads, keyDim: headDim, valueDim: headDim }, memory);
    const narrow = linear(x, weights.get('gate_down', 2), null, pass.precision);
    const gate = linear(narrow, weights.get('gate_up', 2), null, pass.precision);
    const gated = gatedRmsNorm(out, reshape(gate, out.shape), weights.get('norm', 1), {
      epsilon: ambient.norm.epsilon,
      groups: 1,
      gated: 'after',
      activation: 'sigmoid',
    });
    return linear(reshape(gated, [batch, seq, channels]), weights.get('output', 2), null, pass.precision) as Tensor3D;
  },
};
