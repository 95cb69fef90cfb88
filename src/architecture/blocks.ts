import type { Definition, SlotUses } from './component';
import {
  boolean,
  type Fields,
  integer,
  number,
  optionalInteger,
  optionalNumber,
  optionalPattern,
  optionalText,
  pattern,
  reference,
  texts,
} from './fields';

/** The named blocks of a file. Their settings are declared like those of components; only what they mean differs. */

const defineBlock = <const F extends Fields, const S extends SlotUses>(block: Definition<F, S>): Definition<F, S> =>
  block;

export const modelBlock = defineBlock({
  word: 'model',
  doc: 'An architecture: its sizes, its layers and the order in which they follow.',
  fields: {
    budget: optionalInteger({
      doc: 'Number of parameters that the one setting written as `auto` is solved for: `hidden = auto`, `layers = block * auto`.',
      none: 'no size is aimed at',
      unit: 'parameters',
      default: null,
      min: 1,
      suggestions: [1_000_000, 5_000_000, 10_000_000, 50_000_000],
    }),
    vocab: integer({
      doc: 'Number of tokens.',
      unit: 'tokens',
      min: 1,
      step: 64,
      suggestions: [257, 4096, 8192, 32_000],
    }),
    context: integer({
      doc: 'Longest sequence, and the length trained on.',
      unit: 'tokens',
      default: 512,
      min: 1,
      suggestions: [256, 512, 1024, 2048],
    }),
    hidden: integer({
      doc: 'Size of the vector that flows through the layers.',
      unit: 'dimensions',
      min: 1,
      step: 8,
      suggestions: [128, 192, 256, 384, 512],
    }),
    tied: boolean({ doc: 'The head reuses the embedding table.', default: true }),
    init_std: number({ doc: 'Standard deviation of freshly drawn matrices.', default: 0.02, min: 0, max: 1 }),
    layers: pattern({ doc: 'The stack, as a pattern of layer names: block * 12, (local * 5, global) * 4.' }),
    mtp: optionalPattern({
      doc: 'Multi-token prediction: one module per layer named here, each guessing one token further ahead; they help training, count apart from the total and are not used to write text (DeepSeek V3).',
      none: 'only the next token is predicted',
      default: null,
    }),
  },
  slots: {
    embedding: { slot: 'embedding', doc: 'How tokens enter.', default: 'token' },
    position: { slot: 'position', doc: 'Position signal of every layer that does not say otherwise.', default: 'rope' },
    final_norm: { slot: 'norm', doc: 'The norm after the last layer; as in the layers when left out.', default: null },
    head: { slot: 'head', doc: 'How the last state becomes scores.', default: 'linear' },
  },
});

export const layerBlock = defineBlock({
  word: 'layer',
  doc: 'One kind of layer: residual branches in the order written.',
  fields: {
    parallel: boolean({
      doc: 'All branches read the same input and are added together (GPT-J, PaLM).',
      default: false,
    }),
  },
  slots: {
    norm: { slot: 'norm', doc: 'The norm around each branch.', default: 'rms' },
    attention: { slot: 'attention', doc: 'Mixes tokens by attention.', default: null },
    mixer: { slot: 'mixer', doc: 'Mixes tokens by a recurrence, with a state of constant size.', default: null },
    position: {
      slot: 'position',
      doc: 'Position signal of the attention; as in the model when left out.',
      default: null,
    },
    ffn: { slot: 'ffn', doc: 'Works on each token alone.', default: null },
  },
});

export const dataBlock = defineBlock({
  word: 'data',
  doc: 'What the model reads: the text, the tokenizer and the part held out for validation.',
  fields: {
    source: optionalText({
      doc: 'A glob of text files, a .jsonl file, or a bundled corpus: "moby-dick", "sotu".',
      none: 'the bundled sample corpus',
      format: 'glob',
      default: null,
    }),
    text_field: optionalText({
      doc: 'Field of each JSON line that holds the text.',
      none: 'text',
      format: 'free',
      default: 'text',
    }),
    holdout: number({
      doc: 'Share of the documents kept for validation.',
      unit: 'fraction',
      default: 0.05,
      min: 0,
      max: 0.5,
    }),
  },
  slots: {
    tokenizer: { slot: 'tokenizer', doc: 'How text becomes tokens.', default: 'bpe' },
  },
});

export const trainBlock = defineBlock({
  word: 'train',
  doc: 'A training run: which model on which data, for how long and how.',
  fields: {
    model: reference({ doc: 'The model block to train; the only one when left out.', to: 'model' }),
    data: reference({
      doc: 'The data block to read; the only one, or the bundled sample corpus, when left out.',
      to: 'data',
    }),
    start: optionalText({
      doc: 'Weights to go on from: a folder with config.json and safetensors as Hugging Face keeps them, or a run by its id. Of a run the best checkpoint is taken (the average of its weights where it keeps one), or the one whose folder is named. The optimizer begins anew, and a data block without a tokenizer reads with that of the start.',
      none: 'the weights are drawn from the seed',
      format: 'start',
      default: null,
    }),
    batch: integer({ doc: 'Sequences per step.', unit: 'sequences', default: 16, min: 1, suggestions: [8, 16, 32] }),
    accumulate: integer({ doc: 'Batches whose gradients are averaged into one step.', default: 1, min: 1 }),
    tokens: optionalInteger({
      doc: 'Length of the run in tokens.',
      none: 'the length is given in steps',
      unit: 'tokens',
      default: null,
      min: 1,
    }),
    steps: optionalInteger({
      doc: 'Length of the run in optimizer steps; wins over nothing: give tokens or steps.',
      none: 'the length is given in tokens, or is 20 tokens per parameter',
      unit: 'steps',
      default: null,
      min: 1,
    }),
    clip: optionalNumber({
      doc: 'Largest norm of the gradient; above it the gradient is scaled down.',
      none: 'the gradient is taken as it is',
      default: 1,
      min: 0,
      exclusiveMin: true,
    }),
    precision: {
      kind: 'choice',
      doc: 'Number format of the matrix products; weights and sums stay fp32.',
      choices: { fp32: 'single precision', bf16: 'products of bfloat16 values, summed in fp32' },
      default: 'fp32',
    },
    seed: integer({
      doc: 'Start of every random choice: weights, order of the data, samples.',
      default: 1,
      min: 0,
      max: 4_294_967_295,
    }),
    mtp_weight: number({
      doc: 'Weight of the loss of the multi-token prediction modules, averaged over them; without `mtp` in the model it has no effect (DeepSeek V3: 0.3, later 0.1).',
      default: 0.3,
      min: 0,
      max: 10,
    }),
    ema: optionalNumber({
      doc: 'Keeps an average of the weights beside them, this share of which stays at each step (0.999: over about 1,000 steps). It is the average that is validated, writes samples and is exported; the loss while training is that of the weights themselves.',
      none: 'no average is kept',
      default: null,
      min: 0,
      max: 0.999999,
      exclusiveMin: true,
      suggestions: [0.99, 0.999, 0.9999],
    }),
    eval_every: integer({
      doc: 'Steps between two evaluations on the held-out part.',
      unit: 'steps',
      default: 100,
      min: 1,
    }),
    eval_tokens: integer({ doc: 'Held-out tokens read per evaluation.', unit: 'tokens', default: 32_768, min: 1 }),
    patience: optionalInteger({
      doc: 'Stop after this many evaluations without a better validation loss.',
      none: 'train to the end',
      default: null,
      min: 1,
    }),
    sample_every: integer({ doc: 'Steps between two samples of text.', unit: 'steps', default: 200, min: 1 }),
    sample_tokens: integer({ doc: 'Tokens per sample.', unit: 'tokens', default: 48, min: 1, max: 4096 }),
    temperature: number({
      doc: 'Softness of the choice while sampling; 0 takes the likeliest token.',
      default: 0.8,
      min: 0,
      max: 10,
    }),
    prompts: texts({ doc: 'Beginnings that are continued at every sample.', default: ['The'] }),
    checkpoint_every: integer({ doc: 'Steps between two checkpoints.', unit: 'steps', default: 200, min: 1 }),
    keep: integer({ doc: 'Numbered checkpoints kept besides the last and the best.', default: 1, min: 0 }),
  },
  slots: {
    optimizer: { slot: 'optimizer', doc: 'How gradients become updates.', default: 'adamw' },
    schedule: { slot: 'schedule', doc: 'How the learning rate moves over the run.', default: 'cosine' },
  },
});

/** Every block that stands on its own line with a word of its own, and where it may stand. */
export const blocks = { model: modelBlock, layer: layerBlock, data: dataBlock, train: trainBlock };
export type BlockWord = keyof typeof blocks;
/** Blocks at the top of a file; `layer` stands inside `model`. */
export const topBlocks: readonly BlockWord[] = ['model', 'data', 'train'];
