import type { ReportedRun } from '../runs/report-data';
import { readHistory } from '../runs/run-history';
import { findRun } from '../runs/run-store';

/** The runs that a user means, with all that they recorded. The same run twice is once. */
export async function readRuns(wanted: readonly string[], root = process.cwd()): Promise<ReportedRun[]> {
  const runs = new Map(wanted.map(name => findRun(root, name)).map(run => [run.id, run]));
  return Promise.all(
    [...runs.values()].map(async ({ record, status, folder }) => ({
      record,
      status,
      folder,
      history: await readHistory(folder),
    })),
  );
}
