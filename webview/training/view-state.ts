import type { ShownStatus } from '../../src/protocol/run-records';
import type { TrainingRunMessage } from '../../src/protocol/training-panel';

/** What the controls of a run look like. */
export interface ControlsState {
  /** The first button: it pauses what runs and resumes what does not. */
  readonly main: 'pause' | 'resume';
  readonly mainEnabled: boolean;
  readonly stopEnabled: boolean;
  /** Why the run is in between, null when it is not. */
  readonly busy: string | null;
}

const busyTexts = { pause: 'Pausing…', resume: 'Resuming…', stop: 'Stopping…' } as const;

/** Which button does what now. A request that waits for the next step border disables both. */
export function controlsOf({
  shown,
  pending,
  canResume,
}: Pick<TrainingRunMessage, 'shown' | 'pending' | 'canResume'>): ControlsState {
  const active = shown === 'running' || shown === 'preparing';
  const free = pending === null;
  return {
    main: active ? 'pause' : 'resume',
    mainEnabled: free && (active ? shown === 'running' : shown !== 'completed' && canResume),
    stopEnabled: (free || pending === 'pause') && (active || shown === 'paused'),
    busy: pending === null ? null : busyTexts[pending],
  };
}

/** How the box with the reason looks; null: there is nothing to explain. */
export function reasonOf(
  shown: ShownStatus,
  reason: string | null,
): { readonly severity: 'error' | 'info'; readonly title: string; readonly text: string } | null {
  switch (shown) {
    case 'failed':
      return { severity: 'error', title: 'Training failed', text: reason ?? 'The trainer gave no reason.' };
    case 'interrupted':
      return {
        severity: 'error',
        title: 'Training was interrupted',
        text:
          reason ??
          'The trainer is gone: it was killed, or the machine went to sleep or ran out of memory. Everything up to the last checkpoint is kept.',
      };
    case 'stopped':
      return { severity: 'info', title: 'Training was stopped', text: reason ?? 'It can go on where it stopped.' };
    case 'completed':
      return reason === null ? null : { severity: 'info', title: 'Training ended early', text: reason };
    default:
      return null;
  }
}

export interface Progress {
  readonly step: number;
  readonly steps: number;
  /** 0 to 1. */
  readonly fraction: number;
  /** Tokens per second over the last steps; null before the first. */
  readonly tokensPerSecond: number | null;
  /** Milliseconds to go; null when nothing moves. */
  readonly etaMs: number | null;
}

/** Where the run is. The curves are ahead of run.json, which is written less often. */
export function progressOf(
  { record, shown, etaMs }: Pick<TrainingRunMessage, 'record' | 'shown' | 'etaMs'>,
  steps: {
    readonly step: ArrayLike<number>;
    readonly tokensPerSecond: ArrayLike<number>;
    readonly tokens: ArrayLike<number>;
  },
): Progress {
  const total = record.spec.train.steps;
  const rows = steps.step.length;
  const step = Math.max(record.stepsDone, steps.step[rows - 1] ?? 0);
  const recent = Array.from({ length: Math.min(20, rows) }, (_, back) => steps.tokensPerSecond[rows - 1 - back] ?? 0);
  const tokensPerSecond = recent.length === 0 ? null : recent.reduce((sum, value) => sum + value, 0) / recent.length;
  const tokensPerStep = (steps.tokens[rows - 1] ?? 0) / Math.max(1, steps.step[rows - 1] ?? 1);
  const own =
    tokensPerSecond !== null && tokensPerSecond > 0 && tokensPerStep > 0
      ? ((total - step) * tokensPerStep * 1000) / tokensPerSecond
      : null;
  return {
    step,
    steps: total,
    fraction: total > 0 ? Math.min(1, step / total) : 0,
    tokensPerSecond,
    etaMs: shown === 'running' ? (etaMs ?? own) : null,
  };
}
