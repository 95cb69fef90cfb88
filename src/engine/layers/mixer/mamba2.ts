import { reshape, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core';
import { gatedRmsNorm } from '../../ops/gated-rms-norm';
import { linear } from '../../ops/linear';
import { rows } from '../../ops/rows';
import { type SsdInputs, ssd, ssdFrom } from '../../ops/ssd';
import { convolve } from '../convolve';
import type { Layer } from '../layer';

/**
 * y = W_out norm(ssd(silu(conv(W_x u)), W_dt u) * silu(W_z u)): one projection in gives gate, x, B, C and step sizes.
 *
 * Shapes: u and y [batch, seq, hidden]. Dao and Gu 2024 (Mamba-2); grouped norm as in Nemotron-H.
 */
export const mamba2Layer: Layer<'mixer.mamba2'> = {
  mix(u, { config, ambient, weights, pass, memory }) {
    const { heads, head_dim: headDim, groups, state, step_floor: floor, step_ceiling: ceiling } = config;
    const [batch, seq] = u.shape;
    const inner = heads * headDim;
    const convolved = inner + 2 * groups * state;
    // Slices of the weight instead of the projected rows: it is much smaller.
    const [weight, bias] = [weights.get('input', 2), weights.find('input_bias', 1)];
    const project = (start: number, count: number) => {
      const offset = bias === null ? null : rows(bias, start, count);
      return linear(u, rows(weight, start, count), offset, pass.precision) as Tensor3D;
    };
    const mixed = convolve(project(inner, convolved), weights.get('filter', 3), weights.find('filter_bias', 1), {
      memory,
    });
    const inputs: SsdInputs = {
      xbc: mixed,
      step: project(inner + convolved, heads),
      stepBias: weights.get('step_bias', 1),
      decay: weights.get('decay', 1),
      skip: weights.get('skip', 1),
    };
    const options = { heads, headDim, groups, state, floor, ceiling };
    let y: Tensor3D;
    if (memory === null) y = ssd(inputs, options);
    else {
      const next = ssdFrom(memory.get('state') as Tensor4D | null, inputs, options);
      memory.set('state', next.state);
      y = next.y;
    }
    const gated = gatedRmsNorm(y, project(0, inner), weights.get('norm', 1), {
      epsilon: ambient.norm.epsilon,
      groups: config.norm_groups,
      gated: 'before',
      activation: 'silu',
    });
    const out = linear(gated, weights.get('output', 2), weights.find('output_bias', 1), pass.precision);
    return reshape(out, [batch, seq, ambient.hidden]) as Tensor3D;
  },
};
