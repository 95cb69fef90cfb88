import { runFlops, trainingMemory } from '../../architecture/costs';
import type { ExperimentSpec } from '../../architecture/model';

/** What is known about the machine that would train: measured by whoever can, `null` until then. */
export interface Machine {
  /** Floating-point operations per second while training. */
  readonly flopsPerSecond: number | null;
  readonly memoryBytes: number | null;
}
export const unknownMachine: Machine = { flopsPerSecond: null, memoryBytes: null };

/** Memory and time of a run on this machine, both estimates. */
export interface RunEstimate {
  readonly memoryBytes: number;
  /** `null` while the speed of the machine is not known. */
  readonly durationMs: number | null;
}

export function estimateRun(experiment: ExperimentSpec, { flopsPerSecond }: Machine): RunEstimate {
  return {
    memoryBytes: trainingMemory(experiment).totalBytes,
    durationMs: flopsPerSecond === null || flopsPerSecond <= 0 ? null : (runFlops(experiment) / flopsPerSecond) * 1000,
  };
}
