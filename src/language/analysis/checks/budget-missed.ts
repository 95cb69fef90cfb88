import { costsOf } from '../../../architecture/costs';
import { problem } from '../problem';
import { type Check, exactModels, numberOf, placeOf } from './check';

/** A size further from the budget than this is not the one that was wanted. */
const largestMiss = 0.1;

/** A model that is not of the size that its budget says: the step of what is `auto` is too coarse, or nothing is `auto`. */
export const budgetMissed: Check = file =>
  exactModels(file).flatMap(model => {
    const budget = numberOf(model.resolved, 'budget');
    const { total } = costsOf(model.spec);
    if (budget === undefined || Math.abs(total - budget) <= largestMiss * budget) return [];
    const params = { total, budget, solved: model.solved?.name };
    return [problem('budget-missed', placeOf(file, model.resolved, 'budget'), params)];
  });
