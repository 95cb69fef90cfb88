import { problem } from '../problem';
import { betasOf } from './betas';
import { type Check, placeOf } from './check';

/** A second beta whose average remembers more steps than the run has. */
export const averageLongerThanRun: Check = file =>
  file.trains.flatMap(train => {
    const betas = betasOf(train);
    if (betas === undefined || train.spec === undefined) return [];
    const { steps } = train.spec;
    // The default is as short as it is good: a run of ten steps is a trial.
    if (betas.optimizer.settings.get('betas')?.origin === 'default') return [];
    const remembered = Math.round(1 / (1 - betas.second));
    if (remembered <= steps) return [];
    const params = { beta: betas.second, remembered, steps };
    return [problem('average-longer-than-run', placeOf(file, betas.optimizer, 'betas'), params)];
  });
