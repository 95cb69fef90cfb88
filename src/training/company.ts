import { sinceLastBeatMs } from '../runs/watchers';

/** Knows whether anybody still watches an attended run. */
export interface Company {
  /** Nobody has been there for the whole grace time. Cheap: looks at the folder once a second at most. */
  isGone(): boolean;
}

export interface CompanyOptions {
  readonly runFolder: string;
  /** The process that started this one is still connected. */
  readonly hasParent: () => boolean;
  /** How long nobody may be there: a window that reloads needs a while until it watches again. */
  readonly graceMs: number;
  readonly clock?: () => number;
}

const lookEveryMs = 1000;

/** Follows the company of a run: the parent process, and the heartbeats of hosts that watch. */
export function createCompany({ runFolder, hasParent, graceMs, clock = Date.now }: CompanyOptions): Company {
  let lastSeen = clock();
  let lastLook = Number.NEGATIVE_INFINITY;
  let gone = false;
  return {
    isGone() {
      const now = clock();
      if (hasParent()) {
        lastSeen = now;
        gone = false;
        return false;
      }
      if (now - lastLook < Math.min(lookEveryMs, graceMs)) return gone;
      lastLook = now;
      lastSeen = Math.max(lastSeen, now - sinceLastBeatMs(runFolder, now));
      gone = now - lastSeen >= graceMs;
      return gone;
    },
  };
}
