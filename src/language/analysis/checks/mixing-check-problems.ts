import { formatBytes, formatInteger } from '../../../base/format';
import type { Rows } from '../problem-row';
import { plain, row } from './check-row';

/** What the message of each check needs to know, by the code of the check. */
export interface MixingCheckParams {
  'window-without-effect': { readonly window: number; readonly context: number };
  'negligible-cache-saving': {
    readonly kvHeads: number;
    readonly heads: number;
    readonly savedBytes: number;
    readonly context: number;
  };
  'odd-rotary-dims': { readonly dims: number; readonly headDim: number; readonly name: string };
  'heads-not-dividing-hidden': { readonly heads: number; readonly hidden: number; readonly nearest: number };
  'kv-heads-not-dividing-heads': { readonly kvHeads: number; readonly heads: number };
  'no-position-anywhere': { readonly layers: number };
  'learned-position-in-layer': object;
  'groups-not-dividing-heads': { readonly name: string; readonly groups: number; readonly size: number };
  'hybrid-without-attention': { readonly mixers: readonly string[] };
  /** Elements that the recurrence and full attention keep; `enough` is the context at which they are equal. */
  'state-larger-than-cache': {
    readonly kept: number;
    readonly cache: number;
    readonly context: number;
    readonly enough: number;
  };
  'latent-without-saving': { readonly kept: number; readonly plain: number };
  'indexer-without-effect': { readonly topK: number; readonly context: number };
  'sinks-beside-gate': object;
  'softcap-beside-qk-norm': { readonly softcap: number };
  'chunk-without-effect': { readonly chunk: number; readonly context: number };
  'chunks-never-joined': { readonly chunk: number };
  'windows-short-of-context': { readonly layers: number; readonly reach: number; readonly context: number };
  'scaling-without-longer-context': {
    readonly title: string;
    readonly factor: number;
    readonly original: number;
    readonly context: number;
  };
  'scaling-short-of-context': {
    readonly title: string;
    readonly reach: number;
    readonly context: number;
    readonly enough: number;
  };
}

/** Of what mixes tokens: attention, recurrences, positions. */
export const mixingCheckRows: Rows<MixingCheckParams> = {
  'window-without-effect': row(
    'warning',
    'Sliding window without effect',
    ({ window, context }) =>
      `A window of ${formatInteger(window)} hides nothing: no sequence is longer than the context of ${formatInteger(context)}. Use a smaller window, or \`window = none\`.`,
  ),
  'negligible-cache-saving': row(
    'info',
    'Shared key/value heads that save next to nothing',
    ({ kvHeads, heads, savedBytes, context }) =>
      `${kvHeads} instead of ${heads} key/value heads save ${formatBytes(savedBytes)} of cache at the full context of ${formatInteger(context)}. At this size the cache is no burden, and sharing heads costs quality: \`kv_heads = ${heads}\` is the safer choice.`,
  ),
  'odd-rotary-dims': row('error', 'RoPE on an odd number of dimensions', ({ dims, headDim, name }) =>
    dims === 0
      ? `RoPE turns pairs of dimensions, and this leaves it ${dims} of the ${headDim} of a head. Raise \`fraction\` or \`head_dim\`.`
      : `RoPE turns pairs of dimensions, so it cannot work on ${dims} of the ${headDim} of a head. Use an even \`${name}\`.`,
  ),
  'heads-not-dividing-hidden': row(
    'error',
    'Heads that do not divide hidden',
    ({ heads, hidden, nearest }) =>
      `${heads} heads do not divide hidden = ${formatInteger(hidden)}, so \`hidden / heads\` is no size for a head. Use ${nearest} heads, or give \`head_dim\` yourself.`,
  ),
  'kv-heads-not-dividing-heads': row('error', 'Key/value heads that do not divide heads', ({ kvHeads, heads }) =>
    kvHeads > heads
      ? `There are more key/value heads (${kvHeads}) than query heads (${heads}). Use at most ${heads}.`
      : `${heads} query heads cannot share ${kvHeads} key/value heads evenly. \`kv_heads\` must divide \`heads\`.`,
  ),
  'no-position-anywhere': row(
    'warning',
    'No layer knows positions',
    ({ layers }) =>
      `None of the ${layers} layers has a position signal, so word order shows only through the causal mask. Give some layers \`position rope\`.`,
  ),
  'learned-position-in-layer': row(
    'error',
    'Learned positions inside a layer',
    () =>
      'Learned positions are added once, to the token embedding, so they belong in the model block. Move `position learned` there.',
  ),
  'groups-not-dividing-heads': row(
    'error',
    'Groups that do not divide a recurrence',
    ({ name, groups, size }) =>
      `${formatInteger(size)} ${name === 'groups' ? 'heads' : 'channels'} cannot stand in ${formatInteger(groups)} groups of equal size. \`${name}\` must divide ${name === 'groups' ? '`heads`' : '`heads * head_dim`'}.`,
  ),
  'hybrid-without-attention': row(
    'info',
    'Hybrid without attention',
    ({ mixers }) =>
      `${mixers.map(word => `\`${word}\``).join(' and ')} are all recurrences: none can look up an exact earlier token once it has left the state. Hybrids give a few layers to attention; one in eight is enough.`,
  ),
  'state-larger-than-cache': row(
    'info',
    'Recurrent state larger than a key/value cache',
    ({ kept, cache, context, enough }) =>
      `The recurrence keeps ${formatInteger(kept)} numbers per layer, full attention over the context of ${formatInteger(context)} would keep ${formatInteger(cache)}. It saves memory only beyond ${formatInteger(enough)} tokens: use a smaller \`state\` or a longer \`context\`.`,
  ),
  'latent-without-saving': row(
    'warning',
    'Latent attention that does not compress',
    ({ kept, plain }) =>
      `Decoding keeps ${formatInteger(kept)} numbers per token here, and plain attention with these heads would keep ${formatInteger(plain)}: the latent saves nothing. Lower \`kv_rank\`, or use \`attention gqa\`.`,
  ),
  'indexer-without-effect': row(
    'warning',
    'Indexer without effect',
    ({ topK, context }) =>
      `A token may choose ${formatInteger(topK)} tokens and never has more than the context of ${formatInteger(context)} before it, so the indexer hides nothing. Use a smaller \`top_k\`, or no indexer.`,
  ),
  'sinks-beside-gate': row(
    'info',
    'Sinks beside a gate',
    () =>
      'Sinks and the gate serve the same end: a head that finds nothing can answer nothing. Gated attention needs no sinks: use one of them.',
  ),
  'softcap-beside-qk-norm': row(
    'info',
    'Softcap on normed queries and keys',
    ({ softcap }) =>
      `The norm of queries and keys already bounds the scores, so a cap of ${plain(softcap)} has next to nothing left to cap, and takes time in every step. Use \`softcap = none\`, or no norm.`,
  ),
  'chunk-without-effect': row(
    'warning',
    'Chunks without effect',
    ({ chunk, context }) =>
      `A chunk of ${formatInteger(chunk)} cuts nothing: no sequence is longer than the context of ${formatInteger(context)}. Use smaller chunks, or \`chunk = none\`.`,
  ),
  'chunks-never-joined': row(
    'warning',
    'Chunks that nothing joins',
    ({ chunk }) =>
      `Every layer cuts the text into the same chunks of ${formatInteger(chunk)}, so nothing ever passes from one to the next: the context is ${formatInteger(chunk)} in truth. Let some layers see everything with \`chunk = none\`.`,
  ),
  'windows-short-of-context': row(
    'warning',
    'Windows that do not reach the whole context',
    ({ layers, reach, context }) =>
      `All ${layers} layers have a window, and together they reach ${formatInteger(reach)} tokens back: what stands earlier in the context of ${formatInteger(context)} has no effect. Use larger windows, or let a layer see everything.`,
  ),
  'scaling-without-longer-context': row(
    'warning',
    'Stretched positions without a longer context',
    ({ title, factor, original, context }) =>
      factor > 1
        ? `${title} stretches positions beyond ${formatInteger(original)} tokens, and the context is ${formatInteger(context)}: nothing is longer than before, and near tokens are harder to tell apart. Use a longer context, or \`scaling none\`.`
        : `${title} with a factor of ${plain(factor)} stretches nothing. Use a factor above 1, or \`scaling none\`.`,
  ),
  'scaling-short-of-context': row(
    'warning',
    'Stretched positions that end before the context',
    ({ title, reach, context, enough }) =>
      `${title} reaches ${formatInteger(reach)} tokens here, and the context is ${formatInteger(context)}. Use \`factor = ${enough}\`, or a shorter context.`,
  ),
};
