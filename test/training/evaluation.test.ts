import { expect, test } from 'vitest';
import type { Batch } from '../../src/data/training-batches';
import { watchAs } from '../../src/runs/watchers';
import { createCompany } from '../../src/training/company';
import { evaluate } from '../../src/training/evaluation';
import { tempFolder } from '../support/temp-folder';

const batchOf = (batch: number, seq: number): Batch => ({
  batch,
  seq,
  inputs: new Int32Array(batch * seq),
  targets: new Int32Array(batch * seq),
});

test('batches are weighted by their tokens; bits are per byte of text', () => {
  const losses = [1, 4];
  const result = evaluate({ batches: [batchOf(3, 10), batchOf(1, 10)], bytesPerToken: 4 }, () => losses.shift() ?? 0);
  expect(result).toEqual({
    loss: 1.75,
    perplexity: Math.exp(1.75),
    bitsPerByte: 1.75 / (4 * Math.LN2),
    evalTokens: 40,
  });
});

test('no held-out text is a programmer error', () => {
  expect(() => evaluate({ batches: [], bytesPerToken: 1 }, () => 0)).toThrow('at least one batch');
});

test('company is gone after the grace time without parent and heartbeat, and comes back with one', () => {
  const runFolder = tempFolder();
  let now = Date.now();
  let parent = true;
  const company = createCompany({ runFolder, hasParent: () => parent, graceMs: 60_000, clock: () => now });
  now += 600_000;
  expect(company.isGone()).toBe(false);
  parent = false;
  now += 59_000;
  expect(company.isGone()).toBe(false);
  now += 2_000;
  expect(company.isGone()).toBe(true);
  // A heartbeat of "now" by the wall clock: bring our clock back to it.
  now = Date.now() + 1_000;
  watchAs(runFolder, 'window').beat();
  const late = createCompany({ runFolder, hasParent: () => false, graceMs: 60_000, clock: () => now });
  now += 30_000;
  expect(late.isGone()).toBe(false);
  now += 61_000;
  expect(late.isGone()).toBe(true);
});
