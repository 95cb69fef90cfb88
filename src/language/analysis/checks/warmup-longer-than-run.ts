import { problem } from '../problem';
import { type Check, fixValue, numberOf, placeOf } from './check';

/** A warm-up that the run does not outlive. */
export const warmupLongerThanRun: Check = file =>
  file.trains.flatMap(train => {
    const schedule = train.resolved.slots.get('schedule');
    const written = schedule === undefined ? undefined : numberOf(schedule, 'warmup');
    if (train.spec === undefined || train.approximate || schedule === undefined || written === undefined) return [];
    const { steps } = train.spec;
    const warmup = written < 1 ? Math.round(written * steps) : written;
    if (warmup < steps) return [];
    const fixes = fixValue(file, schedule, 'warmup', '2%');
    return [problem('warmup-longer-than-run', placeOf(file, schedule, 'warmup'), { warmup, steps }, { fixes })];
  });
