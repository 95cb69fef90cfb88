import { formatCount, formatInteger } from '../../../base/format';
import type { Rows } from '../problem-row';
import { row } from './check-row';

/** What the message of each check needs to know, by the code of the check. */
export interface FeedForwardCheckParams {
  'width-not-multiple-of-8': { readonly width: number; readonly nearest: number };
  'top-k-above-experts': {
    readonly topK: number;
    readonly experts: number;
    readonly reachable: number;
    readonly groups: { readonly kept: number; readonly of: number } | undefined;
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
  'activation-unlike-family': {
    readonly name: string;
    readonly mark: string;
    readonly activation: string;
    readonly found: string;
  };
}

/** Of feed-forward layers and mixtures. */
export const feedForwardCheckRows: Rows<FeedForwardCheckParams> = {
  'width-not-multiple-of-8': row(
    'hint',
    'Width that is no multiple of 8',
    ({ width, nearest }) =>
      `A width of ${formatInteger(width)} is no multiple of 8, so vector units run partly empty. ${formatInteger(nearest)} is as good and faster.`,
  ),
  'top-k-above-experts': row(
    'error',
    'More experts per token than it can reach',
    ({ topK, experts, reachable, groups }) =>
      groups === undefined
        ? `A token cannot use ${topK} of ${experts} experts. Use at most ${experts}.`
        : `A token keeps ${groups.kept} of ${groups.of} groups, which hold ${reachable} of the ${experts} experts, so it cannot use ${topK}. Lower \`top_k\` or raise \`top_groups\`.`,
  ),
  'experts-not-dividing-groups': row('error', 'Groups that do not fit the experts', ({ experts, groups, topGroups }) =>
    experts % groups === 0
      ? `A token cannot keep ${topGroups} of ${groups} groups. Use at most ${groups}.`
      : `${experts} experts cannot stand in ${groups} groups of equal size. \`groups\` must divide \`experts\`.`,
  ),
  'starved-experts': row('info', 'Experts with next to nothing to learn', ({ experts, topK, parameters, seen }) =>
    seen === undefined
      ? `An expert of ${formatInteger(parameters)} parameters is a handful of neurons with little to tell it from the others. Use fewer, wider experts.`
      : `With ${topK} of ${experts} experts per token, an expert sees about ${formatCount(seen.tokens)} tokens of this run and has ${formatCount(seen.perStack)} parameters in all layers together: it hardly learns anything of its own. Use fewer experts, or more tokens.`,
  ),
  'scale-without-sigmoid': row(
    'info',
    'Scaling factor on a softmax router',
    ({ scale }) =>
      `The weights of the chosen experts already add up to 1, so a factor of ${scale} only makes this layer louder than the others. It belongs to sigmoid routers: use \`router sigmoid\`, or \`scale = 1\`.`,
  ),
  'clamp-without-gate': row(
    'warning',
    'Clamp without a gate',
    () =>
      'The clamp bounds the gate of an expert, and these experts have none, so it does nothing. Use `gated = true`, or `clamp = none`.',
  ),
  'unbalanced-experts': row(
    'info',
    'Nothing balances the experts',
    ({ isSigmoid }) =>
      `Nothing keeps the load of these experts even, so in training a few of them tend to take all tokens. Use \`aux_loss = 0.01\`${isSigmoid ? ', or a `correction_bias` with its `bias_update`' : ', or `router sigmoid`, which balances by itself'}.`,
  ),
  'activation-unlike-family': row(
    'info',
    'Another activation than its family',
    ({ name, mark, activation, found }) =>
      `${name} models, which have ${mark}, use \`${activation}\` here, not \`${found}\`. What is known of them may not hold, and their weights do not fit.`,
  ),
};
