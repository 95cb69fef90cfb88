import type { RunRecord, ShownStatus } from '../protocol/run-records';
import { lockHolder } from './run-lock';

/** A trainer that was just forked needs a moment until it holds the lock. */
const launchGraceMs = 20_000;

/** What to show for a run: the written status, or `interrupted` when it should be training but nobody is. */
export function shownStatus(folder: string, record: RunRecord, now = Date.now()): ShownStatus {
  if (!isActive(record.status) || lockHolder(folder) !== null) return record.status;
  const justMade = record.status === 'preparing' && now - Date.parse(record.createdAt) < launchGraceMs;
  return justMade ? record.status : 'interrupted';
}

/** A trainer holds such a run, or should. */
export const isActive = (status: ShownStatus): boolean =>
  status === 'preparing' || status === 'running' || status === 'paused';

/** `supra resume` can go on with such a run. */
export const canResume = (status: ShownStatus): boolean =>
  status === 'stopped' || status === 'failed' || status === 'interrupted';
