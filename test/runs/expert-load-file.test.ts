import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ExpertLoad } from '../../src/protocol/expert-load';
import { createRun } from '../../src/runs/create-run';
import { createExpertLoadWatch, readExpertLoad, writeExpertLoad } from '../../src/runs/expert-load-file';
import { followRun, type RunUpdate } from '../../src/runs/follow-run';
import { reportData } from '../../src/runs/report-data';
import { runPaths } from '../../src/runs/run-folder';
import { readHistory } from '../../src/runs/run-history';
import { tempFolder } from '../support/temp-folder';
import { tinyExperiment } from '../support/tiny-experiment';

const loadAt = (lastStep: number): ExpertLoad => ({
  version: 1,
  firstStep: 1,
  lastStep,
  layers: [
    { path: 'layers.0.ffn', tokens: [lastStep, 0, 3] },
    { path: 'layers.1.ffn', tokens: [1, 2, 3] },
  ],
});

test('what was written is read back; nothing and damage at any byte are no load, and never an error', () => {
  const path = join(tempFolder(), 'experts.json');
  expect(readExpertLoad(path)).toBeNull();
  writeExpertLoad(path, loadAt(7));
  expect(readExpertLoad(path)).toEqual(loadAt(7));
  const whole = readFileSync(path);
  for (let cut = 0; cut < whole.length - 1; cut++) {
    writeFileSync(path, whole.subarray(0, cut));
    expect(readExpertLoad(path)).toBeNull();
  }
  writeExpertLoad(path, loadAt(8));
  expect(readExpertLoad(path)).toEqual(loadAt(8));
});

test('a full disk leaves the file as it was', () => {
  const folder = tempFolder();
  const path = join(folder, 'experts.json');
  writeExpertLoad(path, loadAt(7));
  symlinkSync('/dev/full', `${path}.${process.pid}.tmp`);
  expect(() => writeExpertLoad(path, loadAt(8))).toThrow('ENOSPC');
  expect(readExpertLoad(path)).toEqual(loadAt(7));
});

test('a watch reads only what was replaced', () => {
  const path = join(tempFolder(), 'experts.json');
  const watch = createExpertLoadWatch(path);
  expect(watch.read()).toBeNull();
  for (let step = 1; step <= 20; step++) {
    writeExpertLoad(path, loadAt(step));
    expect(watch.read()).toEqual(loadAt(step));
    expect(watch.read()).toBeNull();
  }
  watch.forget();
  expect(watch.read()).toEqual(loadAt(20));
});

test('following a run tells of its experts at once and when they change; a report holds them', async () => {
  const root = tempFolder();
  const { folder, record } = createRun(root, { spec: tinyExperiment(), source: '', file: 'm', supraVersion: '0' });
  const path = runPaths(folder).experts;
  writeExpertLoad(path, loadAt(1));
  const updates: RunUpdate[] = [];
  const followed = followRun(folder, update => updates.push(update), { intervalMs: 20 });
  const seen = () => updates.flatMap(({ experts }) => experts?.lastStep ?? []);
  await expect.poll(seen, { timeout: 5000, interval: 5 }).toEqual([1]);
  writeExpertLoad(path, loadAt(2));
  await expect.poll(seen, { timeout: 5000, interval: 5 }).toEqual([1, 2]);
  await followed.poke();
  expect(seen()).toEqual([1, 2]);
  followed.close();
  const run = { record, status: 'completed' as const, folder, history: await readHistory(folder) };
  expect(reportData([run], { made: '', title: '' }).runs[0]?.experts).toEqual(loadAt(2));
});
