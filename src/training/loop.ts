import type { ExperimentSpec, TrainSpec } from '../architecture/model';
import type { Batch } from '../data/training-batches';
import type { ExpertLoads } from '../engine/balance-experts';
import { worstImbalance } from '../protocol/expert-load';
import type { ControlRequest, MetricRow, SampleRow } from '../protocol/run-records';
import type { TrainingState } from './checkpoint';
import type { Evaluation } from './evaluation';
import { adviceFor, createGuard } from './guard';
import type { Learner } from './learner';
import { learningRateAt } from './schedule';

/** The world around the loop. */
export interface LoopParts {
  readonly spec: ExperimentSpec;
  readonly trainingFlopsPerToken: number;
  readonly learner: Learner;
  readonly batches: { next(): Batch; state(): unknown };
  /** The weights are good for something before the first step: what they are is recorded, as step 0, and kept. */
  readonly isStarted: boolean;
  /** Measures on held-out text; `null` when nothing is held out. */
  readonly evaluate: (() => Evaluation) | null;
  /** Continues the prompts. */
  readonly sample: (step: number) => Promise<readonly SampleRow[]>;
  readonly recordMetric: (row: MetricRow) => void;
  readonly recordSample: (row: SampleRow) => void;
  readonly recordExperts: (step: number, loads: ExpertLoads) => void;
  /** Makes a checkpoint of the given state. */
  readonly checkpoint: (state: TrainingState) => Promise<void>;
  /** What somebody wants, and why if it is not the user; looked at between steps. */
  readonly wanted: () => { readonly request: ControlRequest; readonly reason: string } | null;
  readonly onStatus: (status: 'running' | 'paused', state: TrainingState) => void;
  /** A step border: what was recorded so far can be shown. */
  readonly onStep: (state: TrainingState) => void;
  /** Milliseconds, steadily rising. */
  readonly clock: () => number;
  readonly memoryBytes: () => number;
  /** Waits while paused. */
  readonly pause: () => Promise<void>;
}

/** How a run ended. */
export interface LoopEnd {
  readonly status: 'completed' | 'stopped' | 'failed';
  readonly reason: string | null;
  readonly state: TrainingState;
}

/** The state of a run that has not begun. */
export const freshState = (data: unknown): TrainingState => ({
  version: 1,
  step: 0,
  tokens: 0,
  flops: 0,
  elapsedMs: 0,
  data,
  best: null,
  evalsSinceBest: 0,
  guard: createGuard().state(),
});

/**
 * Trains from a state to the end, a stop or a failure. Everything that decides the weights comes from the spec and the state,
 * so a run cut into pieces at any steps gives the same bits as one in a piece.
 *
 * Each step: gradients, clipping, optimizer; guard; then the record; then, when due, evaluation, samples and
 * checkpoint. Requests are honoured between two steps, after a checkpoint.
 */
export async function runLoop(parts: LoopParts, from: TrainingState): Promise<LoopEnd> {
  const { spec, learner, batches } = parts;
  const { train, model } = spec;
  const tokensPerStep = train.batch * train.accumulate * model.context;
  const guard = createGuard(from.guard);
  let state: TrainingState = from;
  let savedStep = from.step;

  const save = async () => {
    if (savedStep === state.step) return;
    await parts.checkpoint(state);
    savedStep = state.step;
  };

  if (parts.isStarted) await begin();
  for (let step = state.step + 1; step <= train.steps; step++) {
    // Lets messages, signals and timers in.
    await new Promise<void>(resolve => setImmediate(resolve));
    const stopped = await honourRequests();
    if (stopped !== null) return { status: 'stopped', reason: stopped, state };

    const began = parts.clock();
    const lessons = Array.from({ length: train.accumulate }, () => batches.next());
    const peak = train.optimizer.config.lr as number;
    const learningRate = learningRateAt(train.schedule, peak, step, train.steps);
    const { loss, gradientNorm, expertLoads } = learner.step(lessons, { learningRate, clip: train.clip });
    const verdict = guard.check(step, loss, gradientNorm);
    if (verdict.kind === 'broken') {
      return { status: 'failed', reason: brokenReason(verdict.seen, train, savedStep), state };
    }
    const stepMs = parts.clock() - began;

    state = {
      ...state,
      step,
      tokens: state.tokens + tokensPerStep,
      flops: state.flops + tokensPerStep * parts.trainingFlopsPerToken,
      elapsedMs: state.elapsedMs + stepMs,
      data: batches.state(),
      guard: guard.state(),
    };
    const { tokens, flops, elapsedMs } = state;
    const perSecond = 1000 / Math.max(stepMs, 1e-3);
    const expertImbalance = worstImbalance(expertLoads.values());
    parts.recordMetric({
      kind: 'step',
      ...{ step, tokens, flops, elapsedMs, loss, learningRate, gradientNorm },
      tokensPerSecond: tokensPerStep * perSecond,
      samplesPerSecond: train.batch * train.accumulate * perSecond,
      memoryBytes: parts.memoryBytes(),
      ...(expertImbalance === null ? {} : { expertImbalance }),
    });
    parts.recordExperts(step, expertLoads);

    const last = step === train.steps;
    const isDue = (every: number) => last || step % every === 0;
    let improved = false;
    if (parts.evaluate !== null && isDue(train.evalEvery)) {
      const evaluation = parts.evaluate();
      parts.recordMetric({ kind: 'eval', ...{ step, tokens, flops, elapsedMs }, ...evaluation });
      improved = state.best === null || evaluation.loss < state.best.loss;
      state = improved
        ? { ...state, best: { step, loss: evaluation.loss }, evalsSinceBest: 0 }
        : { ...state, evalsSinceBest: state.evalsSinceBest + 1 };
    }
    if (isDue(train.sampleEvery)) for (const row of await parts.sample(step)) parts.recordSample(row);
    const outOfPatience = train.patience !== null && state.evalsSinceBest >= train.patience;
    // A suspicious state must not push a good checkpoint out; at the very end it is what there is.
    const wanted = improved || (verdict.kind === 'good' && isDue(train.checkpointEvery));
    if (wanted || last || outOfPatience) await save();
    parts.onStep(state);
    if (outOfPatience && !last) {
      return {
        status: 'completed',
        reason: `Stopped early at step ${step}: ${train.patience} evaluations in a row without a better validation loss (patience = ${train.patience}).`,
        state,
      };
    }
  }
  return { status: 'completed', reason: null, state };

  /** Measures and keeps what the run starts from. */
  async function begin(): Promise<void> {
    const { step, tokens, flops, elapsedMs } = state;
    if (parts.evaluate !== null) {
      const evaluation = parts.evaluate();
      parts.recordMetric({ kind: 'eval', ...{ step, tokens, flops, elapsedMs }, ...evaluation });
      state = { ...state, best: { step, loss: evaluation.loss } };
    }
    for (const row of await parts.sample(step)) parts.recordSample(row);
    await parts.checkpoint(state);
    parts.onStep(state);
  }

  /** Waits while a pause is wanted; returns the reason when a stop is. */
  async function honourRequests(): Promise<string | null> {
    let paused = false;
    for (;;) {
      const wanted = parts.wanted();
      if (wanted?.request === 'stop') {
        await save();
        return wanted.reason;
      }
      if (wanted?.request !== 'pause') break;
      if (!paused) {
        await save();
        parts.onStatus('paused', state);
        paused = true;
      }
      await parts.pause();
    }
    if (paused) parts.onStatus('running', state);
    return null;
  }
}

function brokenReason(seen: string, train: TrainSpec, savedStep: number): string {
  // A run that starts from weights keeps them as step 0.
  const kept =
    savedStep === 0 && (train.start ?? null) === null
      ? 'There is no checkpoint from before.'
      : `The checkpoint of step ${savedStep}, from before, is kept.`;
  const advice = adviceFor({
    learningRate: train.optimizer.config.lr as number,
    clip: train.clip,
    warmup: train.schedule.config.warmup as number,
    precision: train.precision,
  });
  return `${seen} ${kept} ${advice}`;
}
