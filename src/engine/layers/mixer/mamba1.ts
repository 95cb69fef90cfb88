import type { Tensor3D } from '@tensorflow/tfjs-core';
import { gatedActivation } from '../../ops/gated-activation';
import { linear } from '../../ops/linear';
import { rows } from '../../ops/rows';
import { type SelectiveScanInputs, selectiveScan, selectiveScanFrom } from '../../ops/selective-scan';
import { convolve } from '../convolve';
import type { Layer } from '../layer';

/**
 * y = W_out (scan(silu(conv(W_x u))) * silu(W_z u)): step sizes, B and C of the scan are projections of its own input.
 *
 * Shapes: u and y [batch, seq, hidden]. Gu and Dao 2023 (Mamba).
 */
export const mamba1Layer: Layer<'mixer.mamba1'> = {
  mix(u, { config, weights, pass, memory }) {
    const { inner, state, rank } = config;
    const { precision } = pass;
    // Slices of the weights instead of the projected rows: they are much smaller.
    const [weight, bias] = [weights.get('input', 2), weights.find('input_bias', 1)];
    const project = (start: number) => {
      const offset = bias === null ? null : rows(bias, start, inner);
      return linear(u, rows(weight, start, inner), offset, precision) as Tensor3D;
    };
    const x = convolve(project(0), weights.get('filter', 3), weights.find('filter_bias', 1), { memory });
    const selection = weights.get('selection', 2);
    const step = linear(x, rows(selection, 0, rank), null, precision);
    const inputs: SelectiveScanInputs = {
      x,
      step: linear(step, weights.get('step', 2), null, precision) as Tensor3D,
      stepBias: weights.get('step_bias', 1),
      bc: linear(x, rows(selection, rank, 2 * state), null, precision) as Tensor3D,
      decay: weights.get('decay', 2),
      skip: weights.get('skip', 1),
    };
    let y: Tensor3D;
    if (memory === null) y = selectiveScan(inputs);
    else {
      const next = selectiveScanFrom(memory.get('state') as Tensor3D | null, inputs);
      memory.set('state', next.state);
      y = next.y;
    }
    const gated = gatedActivation(project(inner), y, 'silu');
    return linear(gated, weights.get('output', 2), weights.find('output_bias', 1), precision) as Tensor3D;
  },
};
