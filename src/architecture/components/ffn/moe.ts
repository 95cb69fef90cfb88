import { type Ambient, defineComponent, type Weight, weight } from '../../component';
import { boolean, choice, computed, integer, number, optionalInteger, optionalNumber } from '../../fields';
import { routerWeights } from '../router/router-weights';

export const moe = defineComponent({
  slot: 'ffn',
  word: 'moe',
  title: 'Mixture of experts',
  doc: 'Many feed-forward experts of which each token uses top_k, chosen by a router; total size grows with experts, work per token with top_k.',
  paper: { title: 'Mixtral of Experts (Jiang et al., 2024)', url: 'https://arxiv.org/abs/2401.04088' },
  example: 'ffn moe { experts = 8  top_k = 2  width = 14336 }',
  fields: {
    experts: integer({ doc: 'Number of routed experts.', min: 1, max: 4096, suggestions: [8, 16, 64, 128] }),
    top_k: integer({ doc: 'Experts that one token uses.', default: 2, min: 1, max: 1024, suggestions: [1, 2, 4, 8] }),
    width: integer({
      doc: 'Inner size of one expert (moe_intermediate_size).',
      unit: 'dimensions',
      default: computed('4 * hidden', scope => 4 * scope.number('hidden')),
      min: 1,
      step: 8,
    }),
    activation: choice({
      doc: 'The function inside the experts, shared ones included.',
      choices: {
        silu: 'x * sigmoid(x): SwiGLU experts (most models)',
        gelu: 'x * Phi(x), exact',
        gelu_tanh: 'GELU by its tanh approximation (Grok)',
        relu2: 'max(0, x)^2 (Nemotron, without a gate)',
      },
      default: 'silu',
    }),
    gated: boolean({ doc: 'Experts are down(act(gate(x)) * up(x)); otherwise down(act(up(x))).', default: true }),
    bias: boolean({ doc: 'Add biases to the projections of the routed experts (GPT-OSS).', default: false }),
    clamp: optionalNumber({
      doc: 'Bounds gate (above) and up (both ways) and answers with (up + 1) * gate * sigmoid(alpha * gate) (GPT-OSS: 7).',
      none: 'the plain gated activation',
      default: null,
      min: 0,
      exclusiveMin: true,
      suggestions: [7],
    }),
    alpha: number({
      doc: 'Steepness of the sigmoid of a clamped gate; without clamp it is not used.',
      default: 1.702,
      min: 0,
      exclusiveMin: true,
    }),
    shared: integer({ doc: 'Experts that every token uses, beside the chosen ones.', default: 0, min: 0, max: 64 }),
    shared_width: integer({
      doc: 'Inner size of one shared expert.',
      unit: 'dimensions',
      default: computed('width', scope => scope.number('width')),
      min: 1,
      step: 8,
    }),
    shared_gate: boolean({
      doc: 'What the shared experts answer is multiplied by a sigmoid of the input (Qwen3-Next).',
      default: false,
    }),
    dense_width: optionalInteger({
      doc: 'Inner size of a dense feed-forward layer beside the experts; the sum of both is divided by sqrt(2) (Grok).',
      none: 'no dense layer beside the experts',
      unit: 'dimensions',
      default: null,
      min: 1,
      step: 8,
    }),
  },
  slots: { router: { slot: 'router', doc: 'How a token chooses its experts.', default: 'softmax' } },
  weights: (config, ambient) => [
    ...routerWeights(config.router, config.experts, ambient),
    ...expertWeights(config, ambient),
    ...(config.shared > 0 ? besideWeights('shared', config.shared * config.shared_width, config.gated, ambient) : []),
    ...(config.shared > 0 && config.shared_gate
      ? [
          weight('shared_switch', {
            shape: { one: 1, hidden: ambient.hidden },
            init: { kind: 'normal', std: ambient.initStd },
            role: 'matmul',
            hf: 'mlp.shared_expert_gate.weight',
            gguf: 'ffn_gate_inp_shexp.weight',
          }),
        ]
      : []),
    ...(config.dense_width === null ? [] : besideWeights('dense', config.dense_width, config.gated, ambient)),
  ],
  // Input and scores; per chosen expert its input, inner layer and answer; the same for what stands beside.
  activations: (config, { hidden }) => {
    const inner = config.gated ? 3 : 2;
    const beside = config.shared * config.shared_width + (config.dense_width ?? 0);
    return hidden + 2 * config.experts + config.top_k * (2 * hidden + inner * config.width) + inner * beside;
  },
});

/** The routed experts, stacked: one token uses top_k of them. */
function expertWeights(
  config: {
    readonly experts: number;
    readonly top_k: number;
    readonly width: number;
    readonly gated: boolean;
    readonly bias: boolean;
  },
  { hidden, initStd }: Ambient,
): readonly Weight<'experts_in' | 'experts_out' | 'experts_in_bias' | 'experts_out_bias'>[] {
  const { experts, width, gated } = config;
  const active = Math.min(1, config.top_k / experts);
  const inner = gated ? 2 * width : width;
  const published = gated ? 'gate_up_proj' : 'up_proj';
  const split = gated ? { gguf: null, ggufParts: ['ffn_gate_exps', 'ffn_up_exps'] } : { gguf: 'ffn_up_exps' };
  const named = (suffix: string) => ({
    hf: `mlp.experts.${published}${suffix === 'weight' ? '' : `_${suffix}`}`,
    gguf: split.gguf === null ? null : `${split.gguf}.${suffix}`,
    ...(split.ggufParts === undefined ? {} : { ggufParts: split.ggufParts.map(part => `${part}.${suffix}`) }),
  });
  const offset = { init: { kind: 'constant', value: 0 }, role: 'bias', active } as const;
  return [
    // Rows: gate, then up.
    weight('experts_in', {
      shape: { experts, inner, hidden },
      init: { kind: 'normal', std: initStd },
      role: 'matmul',
      active,
      ...named('weight'),
    }),
    weight('experts_out', {
      shape: { experts, hidden, width },
      init: { kind: 'residual', std: initStd },
      role: 'matmul',
      active,
      hf: 'mlp.experts.down_proj',
      gguf: 'ffn_down_exps.weight',
    }),
    ...(config.bias
      ? [
          weight('experts_in_bias', { shape: { experts, inner }, ...offset, ...named('bias') }),
          weight('experts_out_bias', {
            shape: { experts, hidden },
            ...offset,
            hf: 'mlp.experts.down_proj_bias',
            gguf: 'ffn_down_exps.bias',
          }),
        ]
      : []),
  ];
}

type BesideWeight<Place extends string> = `${Place}_${'gate' | 'up' | 'down'}`;

/** A feed-forward layer beside the routed experts: the shared experts as one wide layer, or Grok's dense one. */
function besideWeights<const Place extends 'shared' | 'dense'>(
  place: Place,
  width: number,
  gated: boolean,
  { hidden, initStd }: Ambient,
): readonly Weight<BesideWeight<Place>>[] {
  const matrix = { init: { kind: 'normal', std: initStd }, role: 'matmul' } as const;
  // Transformers has no model with a dense layer beside its experts.
  const named = (part: 'gate' | 'up' | 'down') =>
    place === 'shared'
      ? { hf: `mlp.shared_experts.${part}_proj.weight`, gguf: `ffn_${part}_shexp.weight` }
      : { hf: null, gguf: `ffn_${part}.weight` };
  return [
    ...(gated ? [weight(`${place}_gate`, { shape: { width, hidden }, ...matrix, ...named('gate') })] : []),
    weight(`${place}_up`, { shape: { width, hidden }, ...matrix, ...named('up') }),
    weight(`${place}_down`, {
      shape: { hidden, width },
      init: { kind: 'residual', std: initStd },
      role: 'matmul',
      ...named('down'),
    }),
  ];
}
