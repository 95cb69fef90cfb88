import { problem } from '../problem';
import { type Check, fixValue, numberOf, placeOf } from './check';

/** A run of AdamW that starts at its full learning rate. */
export const noWarmup: Check = file =>
  file.trains.flatMap(train => {
    const { optimizer, schedule } = Object.fromEntries(train.resolved.slots);
    if (train.approximate || optimizer?.id !== 'optimizer.adamw' || schedule === undefined) return [];
    if (numberOf(schedule, 'warmup') !== 0) return [];
    const fixes = fixValue(file, schedule, 'warmup', '2%');
    return [problem('no-warmup', placeOf(file, schedule, 'warmup'), {}, { fixes })];
  });
