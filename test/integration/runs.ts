import { listRuns, type ReadableRun } from '../../src/runs/run-store';
import { folder } from './workspace';

/** The runs of the open folder that can be read. */
export const readableRuns = (): ReadableRun[] =>
  listRuns(folder().fsPath).filter((run): run is ReadableRun => run.record !== null);

export const findRun = (name: string): ReadableRun | undefined =>
  readableRuns().find(({ record }) => record.name === name);

/** A run that a suite before this one left. */
export function expectRun(name: string): ReadableRun {
  const run = findRun(name);
  if (run === undefined) throw new Error(`Expected a run ${name} from the suite before.`);
  return run;
}
