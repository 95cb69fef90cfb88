/** The ids that runs have: 20261124-163412-tiny. */
const runId = /^\d{8}-\d{6}-[a-z0-9-]+$/;

/**
 * The folder that `start` of a train block names, relative to the workspace, with forward slashes: a path as it is written, or that
 * of a run that is named by its id.
 */
export function folderOfStart(start: string): string {
  const path = start.trim().replaceAll('\\', '/').replace(/\/+$/, '');
  return runId.test(path) ? `.supra/runs/${path}` : path;
}

/** The checkpoint that a path names, if it is that of one: the folder of its run and its step. */
export function checkpointOfStart(folder: string): { readonly run: string; readonly step: number } | null {
  const [, run = '', step = ''] = /^(.+)\/checkpoints\/step-(\d+)$/.exec(folder) ?? [];
  return run === '' ? null : { run, step: Number(step) };
}

/** The tokenizer that belongs to the weights: beside those of a published model, in the folder of a run. */
export function tokenizerOfStart(start: string): string {
  const folder = folderOfStart(start);
  return `${checkpointOfStart(folder)?.run ?? folder}/tokenizer.json`;
}
