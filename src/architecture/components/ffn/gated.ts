import { type Ambient, type Weight, weight } from '../../component';
import { boolean, computed, integer } from '../../fields';

/** Settings and tensors that every gated feed-forward layer shares: down(act(gate(x)) * up(x)). */
export const gatedFields = {
  width: integer({
    doc: 'Size of the inner layer.',
    unit: 'dimensions',
    default: computed('4 * hidden', scope => 4 * scope.number('hidden')),
    min: 1,
    step: 8,
  }),
  bias: boolean({ doc: 'Add biases to the three projections.', default: false }),
};

type GatedWeight = 'gate' | 'up' | 'down' | 'gate_bias' | 'up_bias' | 'down_bias';

export function gatedWeights(
  { width, bias }: { width: number; bias: boolean },
  { hidden, initStd }: Ambient,
): readonly Weight<GatedWeight>[] {
  const matrix = { init: { kind: 'normal', std: initStd }, role: 'matmul' } as const;
  const offset = { init: { kind: 'constant', value: 0 }, role: 'bias' } as const;
  return [
    weight('gate', { shape: { width, hidden }, ...matrix, hf: 'mlp.gate_proj.weight', gguf: 'ffn_gate.weight' }),
    weight('up', { shape: { width, hidden }, ...matrix, hf: 'mlp.up_proj.weight', gguf: 'ffn_up.weight' }),
    weight('down', {
      shape: { hidden, width },
      init: { kind: 'residual', std: initStd },
      role: 'matmul',
      hf: 'mlp.down_proj.weight',
      gguf: 'ffn_down.weight',
    }),
    ...(bias
      ? [
          weight('gate_bias', { shape: { width }, ...offset, hf: 'mlp.gate_proj.bias', gguf: 'ffn_gate.bias' }),
          weight('up_bias', { shape: { width }, ...offset, hf: 'mlp.up_proj.bias', gguf: 'ffn_up.bias' }),
          weight('down_bias', { shape: { hidden }, ...offset, hf: 'mlp.down_proj.bias', gguf: 'ffn_down.bias' }),
        ]
      : []),
  ];
}

/** Input, gate, up and their product. */
export const gatedActivations = ({ width }: { width: number }, { hidden }: Ambient): number => hidden + 3 * width;
