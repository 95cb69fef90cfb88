import { problem } from '../problem';
import { type Check, fixValue, placeOf } from './check';

/** An average of the weights that reaches over half of the run or more. */
export const emaOverWholeRun: Check = file =>
  file.trains.flatMap(train => {
    const ema = train.spec?.ema ?? null;
    if (train.spec === undefined || train.approximate || ema === null) return [];
    const { steps } = train.spec;
    const averaged = Math.round(1 / (1 - ema));
    if (2 * averaged < steps) return [];
    const fixes = steps < 100 ? [] : fixValue(file, train.resolved, 'ema', String(tenthOf(steps)));
    const place = placeOf(file, train.resolved, 'ema');
    return [problem('ema-over-whole-run', place, { averaged, steps }, { fixes })];
  });

/** The share that averages over a tenth of the steps, with no more digits than it takes. */
const tenthOf = (steps: number): number => Number((1 - 1 / (steps / 10)).toPrecision(4));
