import * as v from 'valibot';
import type { ExperimentSpec } from '../architecture/model';

/**
 * The files of a run folder (`.supra/runs/<id>/`): the border between the trainer, which writes, and everybody else,
 * who reads. Readers take what these guards accept and report the rest; they never trust a file.
 */

/** Version of every shape in this file. A reader refuses a newer one and says so. */
export const runSchemaVersion = 1;

/**
 * `preparing`: data and model are made ready. `running`, `paused`: a trainer holds the run. `stopped`: ended by a
 * request, can go on. `completed`: all steps done. `failed`: ended by an error, `reason` says which.
 * A `running` run whose trainer is gone is shown as `interrupted`; it can go on.
 */
export const runStatuses = ['preparing', 'running', 'paused', 'stopped', 'completed', 'failed'] as const;
export type RunStatus = (typeof runStatuses)[number];
/** What a reader shows: the written status, or `interrupted` when the process that should hold the run is gone. */
export type ShownStatus = RunStatus | 'interrupted';

const finite = v.pipe(v.number(), v.finite());
const count = v.pipe(finite, v.integer(), v.minValue(0));

/** One optimizer step (a line of metrics.jsonl). Losses in nats per token. */
const stepRow = v.object({
  kind: v.literal('step'),
  step: count,
  /** Tokens trained on so far, this step included. */
  tokens: count,
  /** Training FLOPs so far, by the spec's own arithmetic. */
  flops: finite,
  /** Milliseconds of training so far; pauses, evaluations and samples excluded. */
  elapsedMs: finite,
  loss: finite,
  learningRate: finite,
  /** Norm of the gradient before clipping. */
  gradientNorm: finite,
  tokensPerSecond: finite,
  samplesPerSecond: finite,
  /** Resident memory of the trainer. */
  memoryBytes: finite,
  /** `worstImbalance` of this step's tokens; only for models with a mixture of experts. */
  expertImbalance: v.exactOptional(finite),
});
/** One evaluation on the held-out part. */
const evalRow = v.object({
  kind: v.literal('eval'),
  step: count,
  tokens: count,
  flops: finite,
  elapsedMs: finite,
  loss: finite,
  perplexity: finite,
  bitsPerByte: finite,
  /** Number of held-out tokens read. */
  evalTokens: count,
});
export const metricRowSchema = v.variant('kind', [stepRow, evalRow]);
export type StepRow = v.InferOutput<typeof stepRow>;
export type EvalRow = v.InferOutput<typeof evalRow>;
export type MetricRow = v.InferOutput<typeof metricRowSchema>;

/** A continued prompt (a line of samples.jsonl). */
export const sampleRowSchema = v.object({ step: count, prompt: v.string(), text: v.string() });
export type SampleRow = v.InferOutput<typeof sampleRowSchema>;

/** run.json. */
export const runRecordSchema = v.object({
  version: v.literal(runSchemaVersion),
  id: v.string(),
  /** For people: the model's name unless the user renamed the run. */
  name: v.string(),
  status: v.picklist(runStatuses),
  /** Why it ended, in words, with what to try; null while it runs or when it completed. */
  reason: v.nullable(v.string()),
  createdAt: v.string(),
  endedAt: v.nullable(v.string()),
  /** The file it came from, relative to the workspace. */
  file: v.string(),
  /** Checked in full by the trainer, which is the only one that needs all of it. */
  spec: v.custom<ExperimentSpec>(
    value => typeof value === 'object' && value !== null && 'model' in value && 'train' in value && 'data' in value,
  ),
  parameters: count,
  trainingFlopsPerToken: finite,
  stepsDone: count,
  seed: count,
  dataHash: v.nullable(v.string()),
  machine: v.nullable(v.object({ cpu: v.string(), cores: count, memoryBytes: finite, platform: v.string() })),
  engine: v.nullable(
    v.object({
      backend: v.string(),
      detail: v.string(),
      threads: count,
      /** Fastest matrix product measured on this machine when the run began; FLOP utilisation is relative to it. */
      peakFlopsPerSecond: v.exactOptional(finite),
    }),
  ),
  versions: v.object({ supra: v.string(), node: v.string() }),
  /** What the first weights were; null where they were drawn from the seed, and until they have been read. */
  startedFrom: v.exactOptional(
    v.nullable(
      v.object({
        /** As written in the file. */
        path: v.string(),
        /** What it was then: `llama`, `run 20261124-163412-tiny, step 60`. */
        title: v.string(),
        /** SHA-256 over the files of the weights, in the order of their names. */
        sha256: v.string(),
      }),
    ),
  ),
  /** Best validation loss so far and where. */
  best: v.nullable(v.object({ step: count, loss: finite })),
});
export type RunRecord = v.InferOutput<typeof runRecordSchema>;

/** control.json: a request that the trainer honours at the next step border. Anyone may write it, from any window. */
export const controlSchema = v.object({ request: v.picklist(['pause', 'resume', 'stop']), at: v.string() });
export type Control = v.InferOutput<typeof controlSchema>;
export type ControlRequest = Control['request'];
