import { memory } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { useBackend } from '../../src/engine/backends/choose-backend';
import { benchmarkMachine } from '../../src/engine/benchmark';
import { describeOnBackends } from '../support/backends';

describeOnBackends('the benchmark of this machine', backend => {
  it('trains and says how fast, with which engine', async () => {
    const chosen = await useBackend(backend);
    const before = memory().numTensors;
    const result = await benchmarkMachine(chosen, { durationMs: 1 });
    expect(result.backend).toBe(backend);
    expect(result.steps).toBeGreaterThan(0);
    expect(result.flopsPerSecond).toBeGreaterThan(1e5);
    expect(memory().numTensors).toBe(before);
  });

  it('ends when it is no longer wanted', async () => {
    const chosen = await useBackend(backend);
    const before = memory().numTensors;
    await expect(benchmarkMachine(chosen, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
    expect(memory().numTensors).toBe(before);
  });
});
