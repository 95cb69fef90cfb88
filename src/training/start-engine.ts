import { availableParallelism, cpus, totalmem } from 'node:os';
import type { ExperimentSpec } from '../architecture/model';
import { type BackendId, backendIds } from '../engine/backends/backend-report';
import { useBackend } from '../engine/backends/choose-backend';
import { measurePeak } from '../engine/measure-peak';
import type { RunRecord } from '../protocol/run-records';
import { RunError } from '../runs/run-error';

/** Variable that asks for one engine by name; without it the best one is taken. */
export const backendVariable = 'SUPRA_BACKEND';

/** Makes the best backend (or the one asked for) current, and says what trains here. */
export async function startEngine({ train }: Pick<ExperimentSpec, 'train'>): Promise<{
  readonly engine: NonNullable<RunRecord['engine']>;
  readonly machine: NonNullable<RunRecord['machine']>;
}> {
  const chosen = await useBackend(wantedBackend());
  // Backends say it in words: "2 of 4 cores".
  const threads = Number.parseInt(chosen.report.details.find(({ name }) => name === 'threads')?.value ?? '', 10);
  return {
    engine: {
      backend: chosen.id,
      detail: chosen.reason,
      threads: Number.isNaN(threads) ? 1 : threads,
      peakFlopsPerSecond: measurePeak(chosen.id, train.precision),
    },
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      platform: `${process.platform} ${process.arch}`,
    },
  };
}

/** The backend that the environment asks for. Throws a RunError on a word that is none. */
export function wantedBackend(environment: NodeJS.ProcessEnv = process.env): BackendId | 'auto' {
  const word = environment[backendVariable];
  if (word === undefined || word === '' || word === 'auto') return 'auto';
  const found = backendIds.find(id => id === word);
  if (found !== undefined) return found;
  throw new RunError(`${backendVariable} is '${word}', which is no engine. Use ${backendIds.join(', ')} or auto.`);
}
