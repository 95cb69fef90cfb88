import type { IdOf } from '../../../architecture/registry';
import { problem } from '../problem';
import { type Check, numberOf, placeOf } from './check';

/** Peak learning rates between which models of 100 k to 100 M parameters are trained in the literature. */
const ranges: Readonly<
  Record<IdOf<'optimizer'>, { readonly low: number; readonly high: number; readonly title: string }>
> = {
  'optimizer.adamw': { low: 3e-5, high: 1e-2, title: 'AdamW' },
};

/** A learning rate outside of the range that works for its optimizer. */
export const learningRateOutOfRange: Check = file =>
  file.trains.flatMap(train => {
    const optimizer = train.resolved.slots.get('optimizer');
    const lr = optimizer === undefined ? undefined : numberOf(optimizer, 'lr');
    const range = Object.entries(ranges).find(([id]) => id === optimizer?.id)?.[1];
    if (optimizer === undefined || lr === undefined || range === undefined || train.approximate) return [];
    if (lr >= range.low && lr <= range.high) return [];
    const { low, high, title } = range;
    return [problem('learning-rate-out-of-range', placeOf(file, optimizer, 'lr'), { lr, low, high, optimizer: title })];
  });
