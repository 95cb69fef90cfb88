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
/** Something about the data or the machine that the user should know; the training goes on. */
const warning = v.object({ type: v.literal('warning'), text: v.string() });
/** The run folder has something new; readers need not wait for their timer. */
const changed = v.object({ type: v.literal('changed') });
/** The trainer is about to exit; the status in run.json is final. */
const ended = v.object({ type: v.literal('ended'), status: v.string(), reason: v.nullable(v.string()) });

export const trainerMessageSchema = v.variant('type', [progress, warning, changed, ended]);
export type TrainerMessage = v.InferOutput<typeof trainerMessageSchema>;

/** Arguments of the trainer process, in this order (`trainerArguments`, `parseTrainerArguments`). */
export interface TrainerArguments {
  readonly runFolder: string;
  /** The workspace: data is read from here, and tokens are cached in its .supra folder. */
  readonly root: string;
  /** `start` a run that has not begun, or `resume` one from its newest checkpoint. */
  readonly mode: 'start' | 'resume';
  /**
   * `attended`: stops, with a checkpoint, a minute after the process that started it and every watching host are gone.
   * `unattended`: trains to the end whoever watches.
   */
  readonly company: 'attended' | 'unattended';
}

/** Arguments as the command line of the process. */
export const trainerArguments = ({ runFolder, root, mode, company }: TrainerArguments): string[] => [
  runFolder,
  root,
  mode,
  company,
];

const argumentsSchema = v.tuple([
  v.pipe(v.string(), v.minLength(1)),
  v.pipe(v.string(), v.minLength(1)),
  v.picklist(['start', 'resume']),
  v.picklist(['attended', 'unattended']),
]);

/** Reads them back; `null` when they are not those of a trainer. */
export function parseTrainerArguments(values: readonly string[]): TrainerArguments | null {
  const result = v.safeParse(argumentsSchema, values);
  if (!result.success) return null;
  const [runFolder, root, mode, company] = result.output;
  return { runFolder, root, mode, company };
}
