import { defineComponent, weight } from '../../component';
import { boolean, choice, computed, integer } from '../../fields';

export const mlp = defineComponent({
  slot: 'ffn',
  word: 'mlp',
  title: 'Plain feed-forward',
  doc: 'Two projections with an activation between them: down(act(up(x))).',
  paper: { title: 'Attention Is All You Need (Vaswani et al., 2017)', url: 'https://arxiv.org/abs/1706.03762' },
  example: 'ffn mlp { width = 4 * hidden  activation = relu2 }',
  fields: {
    width: integer({
      doc: 'Size of the inner layer.',
      unit: 'dimensions',
      default: computed('4 * hidden', scope => 4 * scope.number('hidden')),
      min: 1,
      step: 8,
    }),
    activation: choice({
      doc: 'The function between the two projections.',
      choices: {
        gelu: 'x * Phi(x), exact (GPT-2 style models)',
        gelu_tanh: 'GELU by its tanh approximation',
        relu: 'max(0, x)',
        relu2: 'max(0, x)^2 (Primer, Nemotron)',
        silu: 'x * sigmoid(x)',
      },
      default: 'gelu',
    }),
    bias: boolean({ doc: 'Add biases to the two projections.', default: false }),
  },
  weights: (config, { hidden, initStd }) => {
    const offset = { init: { kind: 'constant', value: 0 }, role: 'bias' } as const;
    return [
      weight('up', {
        shape: { width: config.width, hidden },
        init: { kind: 'normal', std: initStd },
        role: 'matmul',
        hf: 'mlp.up_proj.weight',
        gguf: 'ffn_up.weight',
      }),
      weight('down', {
        shape: { hidden, width: config.width },
        init: { kind: 'residual', std: initStd },
        role: 'matmul',
        hf: 'mlp.down_proj.weight',
        gguf: 'ffn_down.weight',
      }),
      ...(config.bias
        ? [
            weight('up_bias', {
              shape: { width: config.width },
              ...offset,
              hf: 'mlp.up_proj.bias',
              gguf: 'ffn_up.bias',
            }),
            weight('down_bias', { shape: { hidden }, ...offset, hf: 'mlp.down_proj.bias', gguf: 'ffn_down.bias' }),
          ]
        : []),
    ];
  },
  // Input, and the inner layer before and after the activation.
  activations: (config, { hidden }) => hidden + 2 * config.width,
});
