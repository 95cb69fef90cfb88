import * as v from 'valibot';
import { expertLoadSchema } from './expert-load';
import { runRecordSchema, runStatuses, sampleRowSchema } from './run-records';
import { seriesMessageSchema } from './series';

/**
 * The border between the extension host and the training panel, both ways, in envelopes (`seal`, `open`). The panel is
 * a view: it keeps nothing that the host cannot send again.
 *
 * Order: the panel loads and says `ready`; the host answers with `run`, `series` from offset 0, `samples` from offset 0 and
 * `experts`, then sends each again when the run folder changes. A message may be lost while a side does not listen yet, so
 * the page says `ready` again until one of `trainingPanelAnswers` has come, and the host answers each `ready` in full.
 */
export const trainingPanelVersion = 1;

const finite = v.pipe(v.number(), v.finite());
const count = v.pipe(finite, v.integer(), v.minValue(0));
export const shownStatusSchema = v.picklist([...runStatuses, 'interrupted']);

/** All but curves and samples. Small: sent again whole at every change. */
const run = v.object({
  type: v.literal('run'),
  record: runRecordSchema,
  /** What to show as status: `interrupted` when no trainer holds a run that says it runs. */
  shown: shownStatusSchema,
  /** Milliseconds to the end by the present speed; null when not known or not running. */
  etaMs: v.nullable(finite),
  /** A request that the trainer has not honoured yet: its button is busy. */
  pending: v.nullable(v.picklist(['pause', 'resume', 'stop'])),
  /** A checkpoint is there to go on from, or the run is paused. */
  canResume: v.boolean(),
  /** The snapshot model.supra, to show beside the curves. */
  source: v.string(),
  /** Tokens of training data found, null while unknown. */
  dataTokens: v.nullable(count),
});

/** How far the preparation is; null when there is none (any more). */
const progress = v.object({
  type: v.literal('progress'),
  progress: v.nullable(v.object({ phase: v.string(), fraction: v.nullable(finite) })),
});

/** Samples from `offset` on, oldest first; the rule of `series` holds. */
const samples = v.object({ type: v.literal('samples'), offset: count, samples: v.array(sampleRowSchema) });

/** Load of the experts over the latest steps; null for a model without any. Sent again whole. */
const experts = v.object({ type: v.literal('experts'), load: v.nullable(expertLoadSchema) });

/** There is no such run (any more): why, and what to do. */
const missing = v.object({ type: v.literal('missing'), reason: v.string() });

/** Something to tell that is not in the run folder: a request that failed, a picture that was saved. */
const notice = v.object({
  type: v.literal('notice'),
  severity: v.picklist(['info', 'error']),
  text: v.string(),
});

export const toTrainingPanelSchema = v.variant('type', [
  run,
  progress,
  seriesMessageSchema,
  samples,
  experts,
  missing,
  notice,
]);
/** What answers `ready`. */
export const trainingPanelAnswers = ['run', 'missing'] as const satisfies readonly ToTrainingPanel['type'][];
export type ToTrainingPanel = v.InferOutput<typeof toTrainingPanelSchema>;
export type TrainingRunMessage = v.InferOutput<typeof run>;

/** The page listens; send everything. `runId` is what a restored panel showed. */
const ready = v.object({ type: v.literal('ready'), runId: v.nullable(v.string()) });
/** `resume` continues a paused run, or starts a trainer on a stopped, failed or interrupted one. */
const control = v.object({ type: v.literal('control'), request: v.picklist(['pause', 'resume', 'stop']) });
/** `spec`: the file it came from. `compare`: the comparison with this run chosen. `train`: the command that starts one. */
const openTarget = v.object({
  type: v.literal('open'),
  target: v.picklist(['spec', 'folder', 'compare', 'train']),
});
/** The documentation page of what the panel shows. */
const explain = v.object({ type: v.literal('explain'), page: v.literal('expert-load') });
/** Rows were missed; send `series` and `samples` from offset 0. */
const resync = v.object({ type: v.literal('resync') });
/** The page could not use a message or failed; for the log. */
const problem = v.object({ type: v.literal('problem'), text: v.string() });

export const fromTrainingPanelSchema = v.variant('type', [ready, control, openTarget, explain, resync, problem]);
export type FromTrainingPanel = v.InferOutput<typeof fromTrainingPanelSchema>;

/** What the panel keeps with `setState`; the serializer gets it back and reads `runId`. */
export const trainingPanelStateSchema = v.object({
  version: v.literal(trainingPanelVersion),
  runId: v.nullable(v.string()),
  axis: v.picklist(['step', 'tokens', 'time', 'flops']),
  logLoss: v.boolean(),
  smoothing: v.pipe(v.number(), v.minValue(0), v.maxValue(0.999)),
  openSections: v.array(v.string()),
});
export type TrainingPanelState = v.InferOutput<typeof trainingPanelStateSchema>;
