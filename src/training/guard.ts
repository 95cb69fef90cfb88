import * as v from 'valibot';
import { formatMeasure } from '../base/format';

/**
 * Watches the loss of a run and says when going on makes no sense.
 *
 * - A loss or gradient norm that is not finite ends the run at once; the engine applies no such step.
 * - One bad batch is no reason: a spike is let through. But a run whose smoothed loss (mean of about the last 20 steps) stays
 *   above 1.3 times and at least 0.5 nats over its own lowest for 20 steps in a row has diverged and is ended. The first
 *   50 steps are only watched: there the loss may rise before it falls.
 * - While the smoothed loss is that far up, the run is `suspicious`: no checkpoint takes the place of a good one.
 */
export interface Guard {
  /** Judges a step. */
  check(step: number, loss: number, gradientNorm: number): Verdict;
  state(): GuardState;
}

export type Verdict =
  | { readonly kind: 'good' }
  | { readonly kind: 'suspicious' }
  /** What was seen, in words. */
  | { readonly kind: 'broken'; readonly seen: string };

export const guardStateSchema = v.object({
  /** Smoothed loss; null before the first step. */
  smooth: v.nullable(v.number()),
  lowest: v.nullable(v.number()),
  /** Suspicious steps in a row. */
  suspicious: v.number(),
});
export type GuardState = v.InferOutput<typeof guardStateSchema>;

const smoothing = 1 / 20;
const patienceSteps = 20;
const settleSteps = 50;
const riseFactor = 1.3;
const riseNats = 0.5;

/** Starts watching, or goes on from a state. */
export function createGuard(state: GuardState = { smooth: null, lowest: null, suspicious: 0 }): Guard {
  let { smooth, lowest, suspicious } = state;
  return {
    check(step, loss, gradientNorm) {
      if (!Number.isFinite(loss)) return { kind: 'broken', seen: `The loss became ${loss} at step ${step}.` };
      if (!Number.isFinite(gradientNorm)) {
        return { kind: 'broken', seen: `The gradient norm became ${gradientNorm} at step ${step}.` };
      }
      smooth = smooth === null ? loss : smooth + smoothing * (loss - smooth);
      lowest = lowest === null ? smooth : Math.min(lowest, smooth);
      const risen = step > settleSteps && smooth > lowest * riseFactor && smooth > lowest + riseNats;
      suspicious = risen ? suspicious + 1 : 0;
      if (suspicious >= patienceSteps) {
        return {
          kind: 'broken',
          seen: `The loss rose from ${formatMeasure(lowest)} to ${formatMeasure(smooth)} and stayed there up to step ${step}.`,
        };
      }
      return { kind: risen ? 'suspicious' : 'good' };
    },
    state: () => ({ smooth, lowest, suspicious }),
  };
}

/** What to try after a run broke, by what the run was. */
export function adviceFor(settings: {
  readonly learningRate: number;
  readonly clip: number | null;
  readonly warmup: number;
  readonly precision: string;
}): string {
  const tries = [
    `a lower learning rate (lr = ${formatMeasure(settings.learningRate / 3)})`,
    ...(settings.warmup < 0.05 ? ['a longer warm-up (warmup = 5%)'] : []),
    ...(settings.clip === null || settings.clip > 1 ? ['clip = 1.0'] : []),
    ...(settings.precision === 'bf16' ? ['precision = fp32'] : []),
  ];
  const last = tries.pop() ?? '';
  return `Try ${tries.length === 0 ? last : `${tries.join(', ')} or ${last}`}.`;
}
