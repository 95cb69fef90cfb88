import { formatCount, formatInteger, formatPercent } from '../../../base/format';
import type { Rows } from '../problem-row';
import { row } from './check-row';

/** What the message of each check needs to know, by the code of the check. */
export interface SizeCheckParams {
  'deep-and-narrow': {
    readonly layers: number;
    readonly hidden: number;
    readonly total: number;
    readonly better: { readonly layers: number; readonly hidden: number; readonly total: number } | undefined;
  };
  'embedding-over-half': { readonly share: number; readonly vocab: number; readonly tied: boolean };
  'small-model-looking-ahead': { readonly total: number; readonly mtp: number };
  'budget-missed': { readonly total: number; readonly budget: number; readonly solved: string | undefined };
}

/** Of whole models and their sizes. */
export const sizeCheckRows: Rows<SizeCheckParams> = {
  'deep-and-narrow': row(
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
    'warning',
    'More than half of the parameters are embedding',
    ({ share, vocab, tied }) =>
      `${formatPercent(share)} of the parameters only name the ${formatInteger(vocab)} tokens${tied ? '' : ' (embedding and head)'}. Use a smaller vocabulary${tied ? '' : ', tie the head,'} or a larger model.`,
  ),
  'small-model-looking-ahead': row(
    'info',
    'Multi-token prediction in a small model',
    ({ total, mtp }) =>
      `${formatCount(mtp)} parameters of prediction modules train along with a model of ${formatCount(total)}: models this small have been seen to get worse at the next token for it. Compare with \`mtp_weight = 0\`.`,
  ),
  'budget-missed': row(
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
