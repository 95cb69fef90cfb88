import * as v from 'valibot';

/**
 * Messages from a trainer process to the process that forked it, over Node's IPC channel. They carry only what is not
 * in the run folder: progress of the preparation and the end. Metrics, samples and status are read from the folder, so
 * that a window that comes later sees the same. Requests go the other way through control.json.
 */
const progress = v.object({
  type: v.literal('progress'),
  /** What is being done, for people: "Training the tokenizer". */
  phase: v.string(),
  /** 0 to 1; null when the length is unknown. */
  fraction: v.nullable(v.number()),
});
/** The run folder has something new; readers need not wait for their timer. */
const changed = v.object({ type: v.literal('changed') });
/** The trainer is about to exit; the status in run.json is final. */
const ended = v.object({ type: v.literal('ended'), status: v.string(), reason: v.nullable(v.string()) });

export const trainerMessageSchema = v.variant('type', [progress, changed, ended]);
export type TrainerMessage = v.InferOutput<typeof trainerMessageSchema>;

/** Arguments of the trainer process, in order: the run folder, the workspace root, and how to begin. */
export interface TrainerArguments {
  readonly runFolder: string;
  readonly root: string;
  readonly mode: 'start' | 'resume';
}
