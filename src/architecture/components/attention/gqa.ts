import { defineComponent, meanVisible } from '../../component';
import { boolean, choice, computed, integer, number, optionalInteger, optionalNumber } from '../../fields';
import { gqaWeights } from './gqa-weights';
import { temperatureField, temperatureFloorField } from './temperature-fields';

export const gqa = defineComponent({
  slot: 'attention',
  word: 'gqa',
  title: 'Grouped-query attention',
  doc: 'Causal softmax attention in which groups of query heads share one key and value head; with kv_heads = heads it is multi-head attention, with 1 it is multi-query attention.',
  paper: {
    title: 'GQA: Training Generalized Multi-Query Transformer Models (Ainslie et al., 2023)',
    url: 'https://arxiv.org/abs/2305.13245',
  },
  example: 'attention gqa { heads = 8  kv_heads = 2 }',
  fields: {
    heads: integer({ doc: 'Number of query heads.', min: 1, max: 1024, suggestions: [4, 8, 16, 32] }),
    kv_heads: integer({
      doc: 'Number of key and value heads; must divide heads.',
      default: computed('heads', scope => scope.number('heads')),
      min: 1,
      max: 1024,
    }),
    head_dim: integer({
      doc: 'Size of one head.',
      unit: 'dimensions',
      // Rounded down so that the rest of the model keeps its numbers; the check `heads-not-dividing-hidden` says what is wrong.
      default: computed('hidden / heads', scope =>
        Math.max(1, Math.floor(scope.number('hidden') / scope.number('heads'))),
      ),
      min: 1,
      max: 4096,
      step: 8,
      suggestions: [32, 64, 128],
    }),
    value_dim: integer({
      doc: 'Size of one value head, and of what a head answers (MiMo: 128 beside a head_dim of 192).',
      unit: 'dimensions',
      default: computed('head_dim', scope => scope.number('head_dim')),
      min: 1,
      max: 4096,
    }),
    window: optionalInteger({
      doc: 'Each token sees at most this many positions, itself included.',
      none: 'every earlier token is visible',
      unit: 'tokens',
      default: null,
      min: 1,
      suggestions: [128, 256, 512],
    }),
    chunk: optionalInteger({
      doc: 'The text is cut into chunks of this many positions, and a token sees its own chunk only (Llama 4).',
      none: 'the text is not cut',
      unit: 'tokens',
      default: null,
      min: 1,
      suggestions: [64, 128, 8192],
    }),
    qk_norm: choice({
      doc: 'RMS norm on queries and keys, before the rotation if it has a weight.',
      choices: {
        none: 'no norm',
        head: 'over each head, one weight of head_dim shared by the heads (Qwen3, Gemma 3)',
        layer: 'over the whole projection, before it is split into heads (OLMo 2)',
        weightless: 'over each head, without a weight, after the rotation (Llama 4)',
      },
      default: 'none',
    }),
    bias: choice({
      doc: 'Which projections have a bias.',
      choices: { none: 'none of them', qkv: 'query, key and value (Qwen2, GLM-4.5)', all: 'the output too (GPT-2)' },
      default: 'none',
    }),
    gate: choice({
      doc: 'What a head answers is multiplied per channel by a sigmoid of the input, which lets a head answer nothing.',
      choices: {
        none: 'answers are taken as they are',
        separate: 'from a projection of its own (Trinity)',
        fused: 'from the query projection, which per head makes the query, then the gate (Qwen3-Next)',
      },
      default: 'none',
    }),
    sinks: boolean({
      doc: 'Each head has one learned score that competes in the softmax and has no value: a head that finds nothing can look there (GPT-OSS).',
      default: false,
    }),
    scale: number({
      doc: 'Factor on the scores before the softmax.',
      default: computed('1 / sqrt(head_dim)', scope => scope.number('head_dim') ** -0.5),
      min: 0,
      exclusiveMin: true,
    }),
    softcap: optionalNumber({
      doc: 'Scores are bounded smoothly: cap * tanh(score / cap) (Gemma 2).',
      none: 'scores are not bounded',
      default: null,
      min: 0,
      exclusiveMin: true,
      suggestions: [50],
    }),
    value_scale: number({
      doc: 'Factor on the values (MiMo: 0.707).',
      default: 1,
      min: 0,
      exclusiveMin: true,
    }),
    temperature: temperatureField,
    temperature_floor: temperatureFloorField,
  },
  weights: gqaWeights,
  // Scores and the weighted sum of values: a multiply-add per element of a query or value and visible position.
  stateFlops: (config, { context }) =>
    2 * config.heads * (config.head_dim + config.value_dim) * meanVisible(context, config.window, config.chunk),
  cache: config => ({
    perToken: config.kv_heads * (config.head_dim + config.value_dim),
    maxTokens: config.chunk ?? config.window,
    constant: 0,
  }),
  // Input of the projections, q, k, v, the attended values, one log-sum-exp per head; with a gate its answer and their product.
  activations: (config, { hidden }) => {
    const attended = config.heads * config.value_dim;
    const gate = config.gate === 'none' ? 0 : 2 * attended;
    const queriesAndKeys = (config.heads + config.kv_heads) * config.head_dim;
    return hidden + queriesAndKeys + config.kv_heads * config.value_dim + attended + gate + config.heads;
  },
});
