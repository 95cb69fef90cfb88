import { join } from 'node:path';

/** Where everything of a run lies. DESIGN section 6 says what each file is for. */
export interface RunPaths {
  readonly folder: string;
  /** run.json, written by the launcher once and by the trainer afterwards. */
  readonly record: string;
  /** The name a user gave; apart from run.json so that renaming never races with the trainer. */
  readonly name: string;
  /** Snapshot of the file that the run came from. */
  readonly source: string;
  /** The tokenizer, so that a run can be sampled from and exported when the cache is gone. */
  readonly tokenizer: string;
  readonly metrics: string;
  readonly samples: string;
  /** Load of the experts over the latest steps; only for models that have any. */
  readonly experts: string;
  readonly checkpoints: string;
  /** The last request; anyone writes it, the trainer honours it. */
  readonly control: string;
  /** Held by the trainer. */
  readonly lock: string;
  /** One file per host that watches, touched every few seconds. */
  readonly watchers: string;
  /** What the trainer printed: the first place to look after a crash. */
  readonly log: string;
}

export const runPaths = (folder: string): RunPaths => ({
  folder,
  record: join(folder, 'run.json'),
  name: join(folder, 'name.txt'),
  source: join(folder, 'model.supra'),
  tokenizer: join(folder, 'tokenizer.json'),
  metrics: join(folder, 'metrics.jsonl'),
  samples: join(folder, 'samples.jsonl'),
  experts: join(folder, 'experts.json'),
  checkpoints: join(folder, 'checkpoints'),
  control: join(folder, 'control.json'),
  lock: join(folder, 'run.lock'),
  watchers: join(folder, 'watchers'),
  log: join(folder, 'trainer.log'),
});

/** The folder that holds the runs of a workspace. */
export const runsFolder = (root: string): string => join(root, '.supra', 'runs');

/** Folder of the run `id` of a workspace. */
export const runFolder = (root: string, id: string): string => join(runsFolder(root), id);
