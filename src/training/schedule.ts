import type { Instance } from '../architecture/component';
import { componentOf, type IdOf, type SettingsOf } from '../architecture/registry';

/** Factor on the peak learning rate at a step; steps count from 1 to `steps`. */
type Shape<Id extends IdOf<'schedule'>> = (settings: SettingsOf<Id>, step: number, steps: number) => number;

/** What each schedule does after the warm-up. Total: a schedule of the registry without an entry here does not compile. */
const shapes: { readonly [Id in IdOf<'schedule'>]: Shape<Id> } = {
  'schedule.constant': () => 1,
  'schedule.linear': (settings, step, steps) =>
    fall(decayProgress(step, warmupSteps(settings.warmup, steps), steps), settings.floor, progress => 1 - progress),
  'schedule.cosine': (settings, step, steps) =>
    fall(decayProgress(step, warmupSteps(settings.warmup, steps), steps), settings.floor, halfCosine),
  'schedule.wsd': (settings, step, steps) => {
    const decaySteps = shareOrSteps(settings.decay, steps);
    const progress = decayProgress(step, steps - decaySteps, steps);
    return fall(progress, settings.floor, decayShapes[settings.shape]);
  },
};

const halfCosine = (progress: number): number => (1 + Math.cos(Math.PI * progress)) / 2;
const decayShapes = {
  linear: (progress: number) => 1 - progress,
  sqrt: (progress: number) => 1 - Math.sqrt(progress),
  cosine: halfCosine,
} as const;

/**
 * Learning rate of a step: peak * min(step / warmup, shape(step)). The first step of a warm-up of n steps gets peak / n, its
 * last the whole peak; the last step of a decaying schedule gets peak * floor.
 */
export function learningRateAt(
  schedule: Instance<IdOf<'schedule'>>,
  peak: number,
  step: number,
  steps: number,
): number {
  // Fails loudly on an id that this build does not know, instead of training with a wrong rate.
  componentOf(schedule);
  const warmup = warmupSteps(schedule.config.warmup as number, steps);
  if (step <= warmup) return (peak * step) / warmup;
  const shape = shapes[schedule.id] as unknown as (config: Instance['config'], step: number, steps: number) => number;
  return peak * shape(schedule.config, step, steps);
}

/** Steps of a warm-up: at most the whole run. */
const warmupSteps = (warmup: number, steps: number): number => Math.min(steps, shareOrSteps(warmup, steps));

/** Below 1 a share of the run, from 1 on a number of steps. */
const shareOrSteps = (value: number, steps: number): number => Math.round(value < 1 ? value * steps : value);

/** 0 while the decay has not begun, 1 at the last step. */
const decayProgress = (step: number, begin: number, end: number): number =>
  end <= begin ? 0 : Math.max(0, Math.min(1, (step - begin) / (end - begin)));

const fall = (progress: number, floor: number, shape: (progress: number) => number): number =>
  floor + (1 - floor) * shape(progress);
