import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { useBackend } from '../../src/engine/backends/choose-backend';
import { measurePeak } from '../../src/engine/measure-peak';

test('the peak is a speed, and measuring it keeps no tensor', async () => {
  const { id } = await useBackend('auto');
  const before = memory().numTensors;
  const peak = measurePeak(id, 'fp32', 10);
  expect(peak).toBeGreaterThan(1e6);
  expect(peak).toBeLessThan(1e15);
  expect(memory().numTensors).toBe(before);
});
