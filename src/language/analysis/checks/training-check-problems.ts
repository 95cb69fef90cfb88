import type { StartDifference } from '../../../architecture/start-facts';
import { formatBytes, formatCount, formatInteger } from '../../../base/format';
import type { Rows } from '../problem-row';
import { others, plain, row } from './check-row';

/** What the message of each check needs to know, by the code of the check. */
export interface TrainingCheckParams {
  'warmup-longer-than-run': { readonly warmup: number; readonly steps: number };
  'batch-larger-than-data': { readonly stepTokens: number; readonly dataTokens: number };
  'few-tokens-per-parameter': { readonly tokens: number; readonly parameters: number };
  'many-tokens-per-parameter': { readonly tokens: number; readonly parameters: number };
  'learning-rate-out-of-range': {
    readonly lr: number;
    readonly low: number;
    readonly high: number;
    readonly optimizer: string;
  };
  'tokenizer-larger-than-model': { readonly tokenizer: number; readonly model: number };
  'tokenizer-smaller-than-model': { readonly tokenizer: number; readonly model: number };
  'memory-above-machine': { readonly neededBytes: number; readonly machineBytes: number };
  'no-warmup': object;
  'average-longer-than-run': { readonly beta: number; readonly remembered: number; readonly steps: number };
  /** Steps over which the weights are averaged, and those of the run. */
  'ema-over-whole-run': { readonly averaged: number; readonly steps: number };
  'betas-out-of-order': { readonly first: number; readonly second: number };
  'start-unusable': { readonly why: string };
  'start-unlike-model': StartDifference & { readonly title: string };
  'start-read-otherwise': StartDifference & { readonly title: string };
  'start-other-tokenizer': { readonly title: string };
}

/** Of runs, their data and their optimizer. */
export const trainingCheckRows: Rows<TrainingCheckParams> = {
  'warmup-longer-than-run': row(
    'warning',
    'Warm-up longer than the run',
    ({ warmup, steps }) =>
      `The warm-up of ${formatInteger(warmup)} steps does not end within the ${formatInteger(steps)} steps of the run, so the learning rate never reaches its peak. Use a share such as \`warmup = 2%\`.`,
  ),
  'batch-larger-than-data': row(
    'error',
    'A step that needs more text than there is',
    ({ stepTokens, dataTokens }) =>
      `One step reads ${formatInteger(stepTokens)} tokens, and the text has only about ${formatInteger(dataTokens)}. Use a smaller batch or context, or more text.`,
  ),
  'few-tokens-per-parameter': row(
    'info',
    'Fewer tokens than parameters',
    ({ tokens, parameters }) =>
      `${formatCount(tokens)} tokens for ${formatCount(parameters)} parameters (${plain(tokens / parameters)} per parameter) only show that it runs: models learn language from about 20 tokens per parameter.`,
  ),
  'many-tokens-per-parameter': row(
    'info',
    'Far more tokens than the model can use',
    ({ tokens, parameters }) =>
      `${formatCount(tokens)} tokens for ${formatCount(parameters)} parameters (${plain(tokens / parameters)} per parameter): beyond 200, a larger model learns more from the same work.`,
  ),
  'learning-rate-out-of-range': row(
    'warning',
    'Unusual learning rate',
    ({ lr, low, high, optimizer }) =>
      `${plain(lr)} is ${lr > high ? 'high enough to make training diverge' : 'too low to learn much in one run'}: with ${optimizer}, models of this size use ${plain(low)} to ${plain(high)}.`,
  ),
  'tokenizer-larger-than-model': row(
    'error',
    'Tokenizer larger than the vocabulary of the model',
    ({ tokenizer, model }) =>
      `The tokenizer has ${formatInteger(tokenizer)} tokens and the model knows ${formatInteger(model)}: the others have no embedding. Make both the same.`,
  ),
  'tokenizer-smaller-than-model': row(
    'warning',
    'Tokenizer smaller than the vocabulary of the model',
    ({ tokenizer, model }) =>
      `The tokenizer has ${formatInteger(tokenizer)} tokens, so ${formatInteger(model - tokenizer)} of the ${formatInteger(model)} rows of the embedding are never used. Make both the same.`,
  ),
  'memory-above-machine': row(
    'warning',
    'More memory than this machine has',
    ({ neededBytes, machineBytes }) =>
      `Training needs about ${formatBytes(neededBytes)}, and this machine has ${formatBytes(machineBytes)}. Use a smaller \`batch\` with \`accumulate\`, or a shorter context.`,
  ),
  'no-warmup': row(
    'info',
    'No warm-up',
    () =>
      'AdamW knows nothing of the gradients at first, and takes its largest steps then. Without a warm-up these can spoil a run for good: use `warmup = 2%`.',
  ),
  'average-longer-than-run': row(
    'warning',
    'Average over more steps than the run has',
    ({ beta, remembered, steps }) =>
      `A second beta of ${beta} averages over about ${formatInteger(remembered)} steps, and the run has ${formatInteger(steps)}: the scale of the gradients at its start counts to the end. Language models use 0.95.`,
  ),
  'ema-over-whole-run': row(
    'warning',
    'Average of the weights over the whole run',
    ({ averaged, steps }) =>
      `The weights are averaged over about ${formatInteger(averaged)} steps, and the run has ${formatInteger(steps)}: the average still holds weights from its beginning. Average over a tenth of the run or less.`,
  ),
  'betas-out-of-order': row(
    'warning',
    'Betas with which Adam may not converge',
    ({ first, second }) =>
      `The first beta (${first}) is not below the root of the second (${second}), so steps can grow without bound. Use \`betas = [0.9, 0.95]\`.`,
  ),
  'start-unusable': row('error', 'A start that cannot be used', ({ why }) => why),
  'start-unlike-model': row(
    'error',
    'Weights of another model',
    ({ setting, there, here, more, title }) =>
      `These weights (${title}) are those of another model: \`${setting}\` is ${there} there and ${here} here${others(more)}. Write the model as it is there; for a published one \`supra import\` does.`,
  ),
  'start-read-otherwise': row(
    'warning',
    'Weights that the model reads otherwise',
    ({ setting, there, here, more, title }) =>
      `These weights (${title}) were trained with \`${setting}\` = ${there}, and the model has ${here}${others(more)}: it makes something else of them than they were made for.`,
  ),
  'start-other-tokenizer': row(
    'warning',
    'Weights that know other tokens',
    ({ title }) =>
      `This tokenizer learns its tokens from the text of the data block, and these weights (${title}) know others. Leave it out: then it is that of the start.`,
  ),
};
