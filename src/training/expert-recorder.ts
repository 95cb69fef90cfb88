import type { ExpertLoads } from '../engine/balance-experts';
import type { ExpertLoad } from '../protocol/expert-load';
import { runSchemaVersion } from '../protocol/run-records';
import { writeExpertLoad } from '../runs/expert-load-file';

/** Keeps experts.json of a run: the load of its experts over the latest steps. */
export interface ExpertRecorder {
  /** Takes in what the experts of a step got; nothing for a model without any. */
  add(step: number, loads: ExpertLoads): void;
  /** Writes what is not in the file yet. */
  flush(): void;
}

/** Steps that are counted together: in the tokens of a single one, chance alone makes experts look uneven. */
const windowSteps = 50;
/** Shortest time between two writes while a run goes on. */
const writeEveryMs = 2000;

export function createExpertRecorder(path: string, clock: () => number = () => performance.now()): ExpertRecorder {
  const recent: { readonly step: number; readonly loads: ExpertLoads }[] = [];
  let writtenAt = Number.NEGATIVE_INFINITY;
  let writtenStep = 0;

  function flush(): void {
    const load = summed(recent);
    if (load === null || load.lastStep === writtenStep) return;
    writeExpertLoad(path, load);
    writtenAt = clock();
    writtenStep = load.lastStep;
  }
  return {
    add(step, loads) {
      if (loads.size === 0) return;
      recent.push({ step, loads });
      if (recent.length > windowSteps) recent.shift();
      if (clock() - writtenAt >= writeEveryMs) flush();
    },
    flush,
  };
}

function summed(steps: readonly { readonly step: number; readonly loads: ExpertLoads }[]): ExpertLoad | null {
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined) return null;
  const layers = [...last.loads].map(([path, { length }]) => {
    const tokens = Array.from({ length }, () => 0);
    for (const { loads } of steps) {
      for (const [expert, count] of loads.get(path)?.entries() ?? []) tokens[expert] = (tokens[expert] ?? 0) + count;
    }
    return { path, tokens };
  });
  return { version: runSchemaVersion, firstStep: first.step, lastStep: last.step, layers };
}
