import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listCheckpoints } from '../../src/runs/checkpoints';
import {
  pruneCheckpoints,
  readTrainingState,
  removeLeftovers,
  setAsideDamaged,
  writeCheckpoint,
} from '../../src/training/checkpoint';
import { freshState } from '../../src/training/loop';
import { tempFolder } from '../support/temp-folder';

const state = (step: number) => ({ ...freshState({ epoch: 0 }), step });
const save = async (target: string) => writeFileSync(join(target, 'model.safetensors'), 'weights');

test('a checkpoint comes back as it was written, newest first', async () => {
  const folder = tempFolder();
  await writeCheckpoint(folder, { ...state(10), guard: { smooth: 1 / 3, lowest: 0.1, suspicious: 2 } }, save);
  await writeCheckpoint(folder, state(1_000_000), save);
  await writeCheckpoint(folder, state(9), save);
  const all = listCheckpoints(folder);
  expect(all.map(({ step }) => step)).toEqual([1_000_000, 10, 9]);
  expect(readTrainingState(all[1] as (typeof all)[0]).value?.guard).toEqual({
    smooth: 1 / 3,
    lowest: 0.1,
    suspicious: 2,
  });
});

test('a failure while writing leaves no checkpoint and no rest', async () => {
  const folder = tempFolder();
  await writeCheckpoint(folder, state(1), save);
  const failing = writeCheckpoint(folder, state(2), async target => {
    await save(target);
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  });
  await expect(failing).rejects.toThrow('no space');
  expect(readdirSync(join(folder, 'checkpoints'))).toEqual(['step-000001']);
});

test('leftovers of a kill are no checkpoints and are removed', async () => {
  const folder = tempFolder();
  await writeCheckpoint(folder, state(1), save);
  mkdirSync(join(folder, 'checkpoints', '.writing-2-99'));
  expect(listCheckpoints(folder)).toHaveLength(1);
  removeLeftovers(folder);
  expect(readdirSync(join(folder, 'checkpoints'))).toEqual(['step-000001']);
  removeLeftovers(tempFolder());
});

test('the newest, the best and some others are kept', async () => {
  const folder = tempFolder();
  for (const step of [1, 2, 3, 4, 5, 6]) await writeCheckpoint(folder, state(step), save);
  pruneCheckpoints(folder, { keep: 2, bestStep: 1 });
  expect(listCheckpoints(folder).map(({ step }) => step)).toEqual([6, 5, 4, 1]);
  pruneCheckpoints(folder, { keep: 0, bestStep: null });
  expect(listCheckpoints(folder).map(({ step }) => step)).toEqual([6]);
});

test('a damaged checkpoint says why and can be set aside without being lost', async () => {
  const folder = tempFolder();
  const checkpoint = await writeCheckpoint(folder, state(3), save);
  writeFileSync(join(checkpoint.path, 'state.json'), '{"version":1');
  expect(readTrainingState(checkpoint).problem).toContain('JSON');
  writeFileSync(join(checkpoint.path, 'state.json'), '{"version":1}');
  expect(readTrainingState(checkpoint).problem).toContain('state.json');
  setAsideDamaged(checkpoint);
  expect(listCheckpoints(folder)).toEqual([]);
  expect(readdirSync(join(folder, 'checkpoints'))[0]).toMatch(/^step-000003\.damaged/);
  await writeCheckpoint(folder, state(3), save);
  expect(existsSync(checkpoint.path)).toBe(true);
});
