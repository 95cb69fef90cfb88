import { trainingMemory } from '../../../architecture/costs';
import { problem } from '../problem';
import { type Check, placeOf } from './check';

/** A run that this machine cannot hold. */
export const memoryAboveMachine: Check = (file, { machineMemoryBytes }) =>
  file.trains.flatMap(train => {
    if (train.experiment === undefined || train.approximate || machineMemoryBytes === null) return [];
    const { totalBytes } = trainingMemory(train.experiment);
    if (totalBytes <= machineMemoryBytes) return [];
    const params = { neededBytes: totalBytes, machineBytes: machineMemoryBytes };
    return [problem('memory-above-machine', placeOf(file, train.resolved, 'batch'), params)];
  });
