import { costsOf } from '../../../architecture/costs';
import { problem } from '../problem';
import { type Check, placeOf } from './check';

/** Below this, Gloeckle et al. (2024) saw models get worse at their main task. */
const fewestParameters = 300e6;

/** Runs that train a small model to predict several tokens. */
export const smallModelLookingAhead: Check = file =>
  file.trains.flatMap(train => {
    const { experiment } = train;
    if (experiment === undefined || train.approximate) return [];
    const { model } = experiment;
    const { total, mtp } = costsOf(model);
    if (mtp === 0 || experiment.train.mtpWeight === 0 || total >= fewestParameters) return [];
    const place = placeOf(file, train.resolved, 'mtp_weight');
    return [problem('small-model-looking-ahead', place, { total, mtp })];
  });
