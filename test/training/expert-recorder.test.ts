import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readExpertLoad } from '../../src/runs/expert-load-file';
import { createExpertRecorder } from '../../src/training/expert-recorder';
import { tempFolder } from '../support/temp-folder';

/** Loads of two layers that differ by step. */
const loadsOf = (step: number) =>
  new Map([
    ['layers.0.ffn', Int32Array.of(step, 1)],
    ['mtp.0.ffn', Int32Array.of(0, 2, step)],
  ]);

function recorder() {
  const path = join(tempFolder(), 'experts.json');
  let now = 0;
  return {
    path,
    ...createExpertRecorder(path, () => now),
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

test('the first step is there at once, later ones every two seconds and at a flush, summed', () => {
  const { path, add, flush, pass } = recorder();
  add(1, loadsOf(1));
  expect(readExpertLoad(path)).toMatchObject({ firstStep: 1, lastStep: 1 });
  pass(1999);
  add(2, loadsOf(2));
  expect(readExpertLoad(path)).toMatchObject({ lastStep: 1 });
  pass(1);
  add(3, loadsOf(3));
  expect(readExpertLoad(path)).toEqual({
    version: 1,
    firstStep: 1,
    lastStep: 3,
    layers: [
      { path: 'layers.0.ffn', tokens: [6, 3] },
      { path: 'mtp.0.ffn', tokens: [0, 6, 6] },
    ],
  });
  add(4, loadsOf(4));
  flush();
  expect(readExpertLoad(path)).toMatchObject({ lastStep: 4 });
  const written = statSync(path).ino;
  flush();
  expect(statSync(path).ino).toBe(written);
});

test('only the latest 50 steps count', () => {
  const { path, add, flush } = recorder();
  for (let step = 1; step <= 73; step++) add(step, loadsOf(step));
  flush();
  const sum = Array.from({ length: 50 }, (_, index) => 24 + index).reduce((total, step) => total + step, 0);
  expect(readExpertLoad(path)).toMatchObject({
    firstStep: 24,
    lastStep: 73,
    layers: [{ tokens: [sum, 50] }, { tokens: [0, 100, sum] }],
  });
});

test('a model without experts has no file', () => {
  const { path, add, flush } = recorder();
  for (let step = 1; step <= 3; step++) add(step, new Map());
  flush();
  expect(existsSync(path)).toBe(false);
});

test('64 layers of 128 experts stay small, and nothing is left beside the file', () => {
  const { path, add, flush } = recorder();
  for (let step = 1; step <= 60; step++) {
    const layers = Array.from({ length: 64 }, (_, layer) => {
      const tokens = Int32Array.from({ length: 128 }, (_, expert) => 8192 + ((expert * 37 + layer * step) % 511));
      return [`layers.${layer}.ffn`, tokens] as const;
    });
    add(step, new Map(layers));
  }
  flush();
  expect(statSync(path).size).toBeLessThan(64 * 1024);
  expect(readExpertLoad(path)?.layers).toHaveLength(64);
  expect(readdirSync(join(path, '..'))).toEqual(['experts.json']);
});
