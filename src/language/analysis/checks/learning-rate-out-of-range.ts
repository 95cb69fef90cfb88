import type { IdOf } from '../../../architecture/registry';
import { problem } from '../problem';
import type { ResolvedBlock } from '../resolved';
import { type Check, numberOf, placeOf } from './check';

/** The peak learning rates of one setting between which an optimizer trains models of 100 k to 100 M parameters. */
interface Range {
  readonly setting: string;
  readonly low: number;
  readonly high: number;
  /** The optimizer as the message calls it. */
  readonly title: string;
}

const adamw = { low: 3e-5, high: 1e-2 };

/** In the order in which they are looked at; the first rate out of range is told. */
const ranges: Readonly<Record<IdOf<'optimizer'>, (optimizer: ResolvedBlock) => readonly Range[]>> = {
  'optimizer.adamw': () => [{ setting: 'lr', ...adamw, title: 'AdamW' }],
  'optimizer.muon': optimizer => [
    optimizer.settings.get('scale')?.value === 'original'
      ? { setting: 'lr', low: 1e-3, high: 0.2, title: 'Muon and `scale = original`' }
      : { setting: 'lr', low: 3e-5, high: 2e-2, title: 'Muon' },
    { setting: 'adamw_lr', ...adamw, title: 'AdamW, which moves what is not a matrix of a layer (`adamw_lr`)' },
  ],
  'optimizer.lion': () => [{ setting: 'lr', low: 3e-6, high: 3e-3, title: 'Lion' }],
  'optimizer.sgd': () => [{ setting: 'lr', low: 1e-3, high: 2, title: 'gradient descent' }],
};

/** A learning rate outside of the range that works for its optimizer. */
export const learningRateOutOfRange: Check = file =>
  file.trains.flatMap(train => {
    const optimizer = train.resolved.slots.get('optimizer');
    const rangesOf = Object.entries(ranges).find(([id]) => id === optimizer?.id)?.[1];
    if (optimizer === undefined || rangesOf === undefined || train.approximate) return [];
    for (const { setting, low, high, title } of rangesOf(optimizer)) {
      const lr = numberOf(optimizer, setting);
      // What has learned already is moved with care.
      const lowest = (train.spec?.start ?? null) === null ? low : 0;
      if (lr === undefined || (lr >= lowest && lr <= high)) continue;
      const place = placeOf(file, optimizer, setting);
      return [problem('learning-rate-out-of-range', place, { lr, low, high, optimizer: title })];
    }
    return [];
  });
