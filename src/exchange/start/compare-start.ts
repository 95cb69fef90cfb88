import { type ModelSpec, modelWeights } from '../../architecture/model';
import type { StartDifference, StartFit } from '../../architecture/start-facts';
import { asWritten } from '../hugging-face/class-obstacles';
import { compareModels, type ModelDifference } from '../hugging-face/comparable-spec';

/** Compares a model with the one that weights are of. Its prediction modules may be left out, since only training uses them. */
export function compareStart(model: ModelSpec, whole: ModelSpec): StartFit {
  const { mtp, ...alone } = whole;
  const start = model.mtp === undefined || mtp === undefined ? alone : whole;
  const all = compareModels(start, model);
  // Trained at a length, weights are good for shorter ones.
  const differences = all.filter(({ setting }) => setting !== 'context' || model.context > start.context);
  const size = all.find(({ isSize }) => isSize);
  if (size !== undefined || (all.length > 0 && tableOf(model) !== tableOf(start))) {
    const first = size ?? all.find(isPlainWord) ?? all[0];
    return { misfit: first === undefined ? null : inWords(first, all.length - 1), otherwise: null };
  }
  const [first] = differences;
  return { misfit: null, otherwise: first === undefined ? null : inWords(first, differences.length - 1) };
}

/** A difference that may bring other tensors: which component, which choice, yes or no. */
const isPlainWord = ({ left, right }: ModelDifference): boolean => Number.isNaN(Number(left ?? right));

const tableOf = (spec: ModelSpec): string =>
  modelWeights(spec)
    .map(({ path, shape, tiedTo = '' }) => `${path} ${Object.values(shape).join()} ${tiedTo}`)
    .sort()
    .join('\n');

function inWords({ where, setting, left, right }: ModelDifference, more: number): StartDifference {
  const place =
    where === null ? '' : where.of === 'layer' ? ` in layer ${where.number}` : ` in module ${where.number} of mtp`;
  return {
    setting: `${setting}${place}`,
    there: asWritten(left ?? 'nothing'),
    here: asWritten(right ?? 'nothing'),
    more,
  };
}
