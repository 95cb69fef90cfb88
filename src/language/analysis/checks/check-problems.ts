import { formatBytes, formatCount, formatInteger, formatPercent } from '../../../base/format';
import type { Severity } from '../problem';
import type { ProblemRow, ProblemRows } from '../problems';

/** What the message of each check needs to know, by the code of the check. */
export interface CheckParams {
  'window-without-effect': { readonly window: number; readonly context: number };
  'negligible-cache-saving': {
    readonly kvHeads: number;
    readonly heads: number;
    readonly savedBytes: number;
    readonly context: number;
  };
  'deep-and-narrow': {
    readonly layers: number;
    readonly hidden: number;
    readonly total: number;
    readonly better: { readonly layers: number; readonly hidden: number; readonly total: number } | undefined;
  };
  'embedding-over-half': { readonly share: number; readonly vocab: number; readonly tied: boolean };
  'width-not-multiple-of-8': { readonly width: number; readonly nearest: number };
  'odd-rotary-dims': { readonly dims: number; readonly headDim: number; readonly name: string };
  'heads-not-dividing-hidden': { readonly heads: number; readonly hidden: number; readonly nearest: number };
  'kv-heads-not-dividing-heads': { readonly kvHeads: number; readonly heads: number };
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
  'no-position-anywhere': { readonly layers: number };
  'learned-position-in-layer': object;
  'memory-above-machine': { readonly neededBytes: number; readonly machineBytes: number };
  'top-k-above-experts': {
    readonly topK: number;
    readonly experts: number;
    readonly reachable: number;
    readonly groups: { readonly kept: number; readonly of: number } | undefined;
  };
  'groups-not-dividing-heads': { readonly name: string; readonly groups: number; readonly size: number };
  'hybrid-without-attention': { readonly mixers: readonly string[] };
  /** Elements that the recurrence and full attention keep; `enough` is the context at which they are equal. */
  'state-larger-than-cache': {
    readonly kept: number;
    readonly cache: number;
    readonly context: number;
    readonly enough: number;
  };
  'experts-not-dividing-groups': { readonly experts: number; readonly groups: number; readonly topGroups: number };
  'starved-experts': {
    readonly experts: number;
    readonly topK: number;
    readonly parameters: number;
    /** Tokens that one expert sees in the run, and parameters of one expert per layer of the stack. */
    readonly seen: { readonly tokens: number; readonly perStack: number } | undefined;
  };
  'scale-without-sigmoid': { readonly scale: number };
  'clamp-without-gate': object;
  'unbalanced-experts': { readonly isSigmoid: boolean };
  'latent-without-saving': { readonly kept: number; readonly plain: number };
  'indexer-without-effect': { readonly topK: number; readonly context: number };
  'small-model-looking-ahead': { readonly total: number; readonly mtp: number };
  'budget-missed': { readonly total: number; readonly budget: number; readonly solved: string | undefined };
}

function row<Params>(
  code: keyof CheckParams,
  severity: Severity,
  title: string,
  message: (params: Params) => string,
): ProblemRow<Params> {
  return { severity, title, docs: `checks/${code}`, message };
}

/** A number as one would say it: 0.5, 953, 3e-5. */
const plain = (value: number): string => {
  const rounded = Number(value.toPrecision(3));
  return rounded < 1e-3 ? rounded.toExponential() : String(rounded);
};

/** Severity, title, page and message of every check. They are part of the one table in ../problems.ts. */
export const checkRows: ProblemRows<CheckParams> = {
  'window-without-effect': row(
    'window-without-effect',
    'warning',
    'Sliding window without effect',
    ({ window, context }) =>
      `A window of ${formatInteger(window)} hides nothing: no sequence is longer than the context of ${formatInteger(context)}. Use a smaller window, or \`window = none\`.`,
  ),
  'negligible-cache-saving': row(
    'negligible-cache-saving',
    'info',
    'Shared key/value heads that save next to nothing',
    ({ kvHeads, heads, savedBytes, context }) =>
      `${kvHeads} instead of ${heads} key/value heads save ${formatBytes(savedBytes)} of cache at the full context of ${formatInteger(context)}. At this size the cache is no burden, and sharing heads costs quality: \`kv_heads = ${heads}\` is the safer choice.`,
  ),
  'deep-and-narrow': row(
    'deep-and-narrow',
    'info',
    'Deep and narrow for its size',
    ({ layers, hidden, total, better }) =>
      `${layers} layers of ${hidden} are deep and narrow for ${formatCount(total)} parameters: below 10 M, width buys more than depth, and trains faster.${
        better === undefined
          ? ' Try fewer, wider layers.'
          : ` ${better.layers} x ${better.hidden} has ${formatCount(better.total)}.`
      }`,
  ),
  'embedding-over-half': row(
    'embedding-over-half',
    'warning',
    'More than half of the parameters are embedding',
    ({ share, vocab, tied }) =>
      `${formatPercent(share)} of the parameters only name the ${formatInteger(vocab)} tokens${tied ? '' : ' (embedding and head)'}. Use a smaller vocabulary${tied ? '' : ', tie the head,'} or a larger model.`,
  ),
  'width-not-multiple-of-8': row(
    'width-not-multiple-of-8',
    'hint',
    'Width that is no multiple of 8',
    ({ width, nearest }) =>
      `A width of ${formatInteger(width)} is no multiple of 8, so vector units run partly empty. ${formatInteger(nearest)} is as good and faster.`,
  ),
  'odd-rotary-dims': row(
    'odd-rotary-dims',
    'error',
    'RoPE on an odd number of dimensions',
    ({ dims, headDim, name }) =>
      dims === 0
        ? `RoPE turns pairs of dimensions, and this leaves it ${dims} of the ${headDim} of a head. Raise \`fraction\` or \`head_dim\`.`
        : `RoPE turns pairs of dimensions, so it cannot work on ${dims} of the ${headDim} of a head. Use an even \`${name}\`.`,
  ),
  'heads-not-dividing-hidden': row(
    'heads-not-dividing-hidden',
    'error',
    'Heads that do not divide hidden',
    ({ heads, hidden, nearest }) =>
      `${heads} heads do not divide hidden = ${formatInteger(hidden)}, so \`hidden / heads\` is no size for a head. Use ${nearest} heads, or give \`head_dim\` yourself.`,
  ),
  'kv-heads-not-dividing-heads': row(
    'kv-heads-not-dividing-heads',
    'error',
    'Key/value heads that do not divide heads',
    ({ kvHeads, heads }) =>
      kvHeads > heads
        ? `There are more key/value heads (${kvHeads}) than query heads (${heads}). Use at most ${heads}.`
        : `${heads} query heads cannot share ${kvHeads} key/value heads evenly. \`kv_heads\` must divide \`heads\`.`,
  ),
  'warmup-longer-than-run': row(
    'warmup-longer-than-run',
    'warning',
    'Warm-up longer than the run',
    ({ warmup, steps }) =>
      `The warm-up of ${formatInteger(warmup)} steps does not end within the ${formatInteger(steps)} steps of the run, so the learning rate never reaches its peak. Use a share such as \`warmup = 2%\`.`,
  ),
  'batch-larger-than-data': row(
    'batch-larger-than-data',
    'error',
    'A step that needs more text than there is',
    ({ stepTokens, dataTokens }) =>
      `One step reads ${formatInteger(stepTokens)} tokens, and the text has only about ${formatInteger(dataTokens)}. Use a smaller batch or context, or more text.`,
  ),
  'few-tokens-per-parameter': row(
    'few-tokens-per-parameter',
    'info',
    'Fewer tokens than parameters',
    ({ tokens, parameters }) =>
      `${formatCount(tokens)} tokens for ${formatCount(parameters)} parameters (${plain(tokens / parameters)} per parameter) only show that it runs: models learn language from about 20 tokens per parameter.`,
  ),
  'many-tokens-per-parameter': row(
    'many-tokens-per-parameter',
    'info',
    'Far more tokens than the model can use',
    ({ tokens, parameters }) =>
      `${formatCount(tokens)} tokens for ${formatCount(parameters)} parameters (${plain(tokens / parameters)} per parameter): beyond 200, a larger model learns more from the same work.`,
  ),
  'learning-rate-out-of-range': row(
    'learning-rate-out-of-range',
    'warning',
    'Unusual learning rate',
    ({ lr, low, high, optimizer }) =>
      `${plain(lr)} is ${lr > high ? 'high enough to make training diverge' : 'too low to learn much in one run'}: with ${optimizer}, models of this size use ${plain(low)} to ${plain(high)}.`,
  ),
  'tokenizer-larger-than-model': row(
    'tokenizer-larger-than-model',
    'error',
    'Tokenizer larger than the vocabulary of the model',
    ({ tokenizer, model }) =>
      `The tokenizer has ${formatInteger(tokenizer)} tokens and the model knows ${formatInteger(model)}: the others have no embedding. Make both the same.`,
  ),
  'tokenizer-smaller-than-model': row(
    'tokenizer-smaller-than-model',
    'warning',
    'Tokenizer smaller than the vocabulary of the model',
    ({ tokenizer, model }) =>
      `The tokenizer has ${formatInteger(tokenizer)} tokens, so ${formatInteger(model - tokenizer)} of the ${formatInteger(model)} rows of the embedding are never used. Make both the same.`,
  ),
  'no-position-anywhere': row(
    'no-position-anywhere',
    'warning',
    'No layer knows positions',
    ({ layers }) =>
      `None of the ${layers} layers has a position signal, so word order shows only through the causal mask. Give some layers \`position rope\`.`,
  ),
  'learned-position-in-layer': row(
    'learned-position-in-layer',
    'error',
    'Learned positions inside a layer',
    () =>
      'Learned positions are added once, to the token embedding, so they belong in the model block. Move `position learned` there.',
  ),
  'memory-above-machine': row(
    'memory-above-machine',
    'warning',
    'More memory than this machine has',
    ({ neededBytes, machineBytes }) =>
      `Training needs about ${formatBytes(neededBytes)}, and this machine has ${formatBytes(machineBytes)}. Use a smaller \`batch\` with \`accumulate\`, or a shorter context.`,
  ),
  'top-k-above-experts': row(
    'top-k-above-experts',
    'error',
    'More experts per token than it can reach',
    ({ topK, experts, reachable, groups }) =>
      groups === undefined
        ? `A token cannot use ${topK} of ${experts} experts. Use at most ${experts}.`
        : `A token keeps ${groups.kept} of ${groups.of} groups, which hold ${reachable} of the ${experts} experts, so it cannot use ${topK}. Lower \`top_k\` or raise \`top_groups\`.`,
  ),
  'groups-not-dividing-heads': row(
    'groups-not-dividing-heads',
    'error',
    'Groups that do not divide a recurrence',
    ({ name, groups, size }) =>
      `${formatInteger(size)} ${name === 'groups' ? 'heads' : 'channels'} cannot stand in ${formatInteger(groups)} groups of equal size. \`${name}\` must divide ${name === 'groups' ? '`heads`' : '`heads * head_dim`'}.`,
  ),
  'hybrid-without-attention': row(
    'hybrid-without-attention',
    'info',
    'Hybrid without attention',
    ({ mixers }) =>
      `${mixers.map(word => `\`${word}\``).join(' and ')} are all recurrences: none can look up an exact earlier token once it has left the state. Hybrids give a few layers to attention; one in eight is enough.`,
  ),
  'state-larger-than-cache': row(
    'state-larger-than-cache',
    'info',
    'Recurrent state larger than a key/value cache',
    ({ kept, cache, context, enough }) =>
      `The recurrence keeps ${formatInteger(kept)} numbers per layer, full attention over the context of ${formatInteger(context)} would keep ${formatInteger(cache)}. It saves memory only beyond ${formatInteger(enough)} tokens: use a smaller \`state\` or a longer \`context\`.`,
  ),
  'experts-not-dividing-groups': row(
    'experts-not-dividing-groups',
    'error',
    'Groups that do not fit the experts',
    ({ experts, groups, topGroups }) =>
      experts % groups === 0
        ? `A token cannot keep ${topGroups} of ${groups} groups. Use at most ${groups}.`
        : `${experts} experts cannot stand in ${groups} groups of equal size. \`groups\` must divide \`experts\`.`,
  ),
  'starved-experts': row(
    'starved-experts',
    'info',
    'Experts with next to nothing to learn',
    ({ experts, topK, parameters, seen }) =>
      seen === undefined
        ? `An expert of ${formatInteger(parameters)} parameters is a handful of neurons with little to tell it from the others. Use fewer, wider experts.`
        : `With ${topK} of ${experts} experts per token, an expert sees about ${formatCount(seen.tokens)} tokens of this run and has ${formatCount(seen.perStack)} parameters in all layers together: it hardly learns anything of its own. Use fewer experts, or more tokens.`,
  ),
  'scale-without-sigmoid': row(
    'scale-without-sigmoid',
    'info',
    'Scaling factor on a softmax router',
    ({ scale }) =>
      `The weights of the chosen experts already add up to 1, so a factor of ${scale} only makes this layer louder than the others. It belongs to sigmoid routers: use \`router sigmoid\`, or \`scale = 1\`.`,
  ),
  'clamp-without-gate': row(
    'clamp-without-gate',
    'warning',
    'Clamp without a gate',
    () =>
      'The clamp bounds the gate of an expert, and these experts have none, so it does nothing. Use `gated = true`, or `clamp = none`.',
  ),
  'unbalanced-experts': row(
    'unbalanced-experts',
    'info',
    'Nothing balances the experts',
    ({ isSigmoid }) =>
      `Nothing keeps the load of these experts even, so in training a few of them tend to take all tokens. Use \`aux_loss = 0.01\`${isSigmoid ? ', or a `correction_bias` with its `bias_update`' : ', or `router sigmoid`, which balances by itself'}.`,
  ),
  'latent-without-saving': row(
    'latent-without-saving',
    'warning',
    'Latent attention that does not compress',
    ({ kept, plain }) =>
      `Decoding keeps ${formatInteger(kept)} numbers per token here, and plain attention with these heads would keep ${formatInteger(plain)}: the latent saves nothing. Lower \`kv_rank\`, or use \`attention gqa\`.`,
  ),
  'indexer-without-effect': row(
    'indexer-without-effect',
    'warning',
    'Indexer without effect',
    ({ topK, context }) =>
      `A token may choose ${formatInteger(topK)} tokens and never has more than the context of ${formatInteger(context)} before it, so the indexer hides nothing. Use a smaller \`top_k\`, or no indexer.`,
  ),
  'small-model-looking-ahead': row(
    'small-model-looking-ahead',
    'info',
    'Multi-token prediction in a small model',
    ({ total, mtp }) =>
      `${formatCount(mtp)} parameters of prediction modules train along with a model of ${formatCount(total)}: models this small have been seen to get worse at the next token for it. Compare with \`mtp_weight = 0\`.`,
  ),
  'budget-missed': row(
    'budget-missed',
    'warning',
    'Model of another size than its budget',
    ({ total, budget, solved }) =>
      `${formatInteger(total)} parameters are ${formatPercent(Math.abs(total - budget) / budget)} ${total < budget ? 'below' : 'above'} the budget of ${formatInteger(budget)}. ${
        solved === undefined
          ? 'Write `auto` for the setting that may change, or correct the budget.'
          : `No sensible value of \`${solved}\` comes nearer: change another setting, or make that one \`auto\`.`
      }`,
  ),
};
