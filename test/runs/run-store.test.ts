import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRun } from '../../src/runs/create-run';
import { clearControl, controlReader, requestControl } from '../../src/runs/run-control';
import { runPaths, runsFolder } from '../../src/runs/run-folder';
import { lockHolder, takeRunLock } from '../../src/runs/run-lock';
import { readRunRecord, writeRunRecord } from '../../src/runs/run-record';
import { canResume, shownStatus } from '../../src/runs/run-status';
import { deleteRun, findRun, listRuns, openRun, renameRun } from '../../src/runs/run-store';
import { sinceLastBeatMs, watchAs } from '../../src/runs/watchers';
import { tempFolder } from '../support/temp-folder';
import { tinyExperiment } from '../support/tiny-experiment';

const newRun = (root: string, name?: string) =>
  createRun(root, {
    spec: tinyExperiment(),
    source: 'model tiny {}\n',
    file: 'model.supra',
    supraVersion: '0.1.0',
    ...(name === undefined ? {} : { name }),
  });

test('a new run is a folder with a record and the snapshot', () => {
  const root = tempFolder();
  const { folder, record } = newRun(root);
  expect(readRunRecord(folder)).toEqual({ value: record, problem: null });
  expect(readFileSync(runPaths(folder).source, 'utf8')).toBe('model tiny {}\n');
  expect(record).toMatchObject({ status: 'preparing', name: 'tiny', stepsDone: 0, parameters: expect.any(Number) });
  // 257 x 16 embedding (tied), two layers of 4 x 16 x 16 attention, 3 x 16 x 32 ffn and two norms, the final norm.
  expect(record.parameters).toBe(257 * 16 + 2 * (4 * 256 + 3 * 512 + 2 * 16) + 16);
});

test('runs made in the same second have folders of their own', () => {
  const root = tempFolder();
  const ids = new Set(Array.from({ length: 5 }, () => newRun(root).record.id));
  expect(ids.size).toBe(5);
  expect(
    listRuns(root)
      .map(run => run.id)
      .sort(),
  ).toEqual([...ids].sort());
});

test('a folder that cannot be made is told in words', () => {
  const root = tempFolder();
  writeFileSync(join(root, '.supra'), 'in the way');
  expect(() => newRun(root)).toThrow(/Making a run folder in .*failed.*file lies where a folder is needed/i);
});

test('lists show damaged and newer records with the reason', () => {
  const root = tempFolder();
  const { folder, record } = newRun(root);
  mkdirSync(join(runsFolder(root), 'empty'));
  const newer = newRun(root, 'newer');
  writeFileSync(runPaths(newer.folder).record, JSON.stringify({ ...newer.record, version: 99 }));
  const damaged = newRun(root, 'damaged');
  writeFileSync(runPaths(damaged.folder).record, JSON.stringify({ ...damaged.record, seed: 'x' }));
  const byId = new Map(listRuns(root).map(run => [run.id, run]));
  expect(byId.get(record.id)?.record).toEqual(record);
  expect(byId.get('empty')).toMatchObject({ record: null, problem: expect.stringContaining('run.json') });
  expect(byId.get(newer.record.id)).toMatchObject({ record: null, problem: expect.stringContaining('Update Supra') });
  expect(byId.get(damaged.record.id)).toMatchObject({ record: null, problem: expect.stringContaining('seed') });
  expect(folder).toContain(record.id);
});

test('renaming survives what the trainer writes', () => {
  const root = tempFolder();
  const { folder, record } = newRun(root);
  renameRun(folder, '  wide   and  shallow ');
  writeRunRecord(folder, { ...record, status: 'running', stepsDone: 7 });
  expect(readRunRecord(folder).value).toMatchObject({ name: 'wide and shallow', stepsDone: 7 });
  expect(() => renameRun(folder, ' ')).toThrow('needs a name');
});

test('a run is found by id, part of an id, name and as the last one', () => {
  const root = tempFolder();
  const first = newRun(root, 'alpha').record;
  const second = newRun(root, 'beta').record;
  writeRunRecord(join(runsFolder(root), first.id), { ...first, createdAt: '2020-01-01T00:00:00.000Z' });
  expect(findRun(root, first.id).id).toBe(first.id);
  expect(findRun(root, 'alpha').id).toBe(first.id);
  expect(findRun(root, second.id.slice(0, -1)).id).toBe(second.id);
  expect(findRun(root, 'last').id).toBe(second.id);
  expect(() => findRun(root, 'gamma')).toThrow(/no run 'gamma'.*beta/);
  expect(() => findRun(root, first.id.slice(0, 4))).toThrow('could be 2 runs');
  expect(() => findRun(tempFolder(), 'x')).toThrow('supra train');
});

test('a lock admits one trainer, and a second one only after the first let go', () => {
  const { folder } = newRun(tempFolder());
  const lock = takeRunLock(folder);
  expect(lockHolder(folder)?.pid).toBe(process.pid);
  expect(() => takeRunLock(folder)).toThrow(/being trained already, by process \d+/);
  expect(() => deleteRun(folder)).toThrow('Stop it first');
  lock.touch();
  lock.release();
  expect(lockHolder(folder)).toBeNull();
  takeRunLock(folder).release();
  deleteRun(folder);
  expect(existsSync(folder)).toBe(false);
});

test.each([
  ['of a process that is gone', { pid: 2 ** 22 + 1, host: hostname(), processStart: null, since: 'x' }],
  ['of another process with a reused id', { pid: process.pid, host: hostname(), processStart: '1', since: 'x' }],
])('a lock %s is stale', (_, holder) => {
  const { folder } = newRun(tempFolder());
  writeFileSync(runPaths(folder).lock, JSON.stringify(holder));
  expect(lockHolder(folder)).toBeNull();
  const lock = takeRunLock(folder);
  expect(lockHolder(folder)?.pid).toBe(process.pid);
  lock.release();
});

test('a lock of another machine counts while it is touched', () => {
  const { folder } = newRun(tempFolder());
  const { lock } = runPaths(folder);
  writeFileSync(lock, JSON.stringify({ pid: 1, host: 'elsewhere', processStart: '1', since: 'noon' }));
  expect(() => takeRunLock(folder)).toThrow('process 1 on elsewhere');
  utimesSync(lock, new Date(0), new Date(0));
  takeRunLock(folder).release();
});

test('a torn lock is stale', () => {
  const { folder } = newRun(tempFolder());
  writeFileSync(runPaths(folder).lock, '{"pid":');
  takeRunLock(folder).release();
});

test('a run that should train but has no trainer is interrupted', () => {
  const root = tempFolder();
  const { folder, record } = newRun(root);
  expect(shownStatus(folder, record)).toBe('preparing');
  expect(shownStatus(folder, record, Date.parse(record.createdAt) + 60_000)).toBe('interrupted');
  const running = { ...record, status: 'running' } as const;
  expect(shownStatus(folder, running)).toBe('interrupted');
  const lock = takeRunLock(folder);
  expect(shownStatus(folder, running)).toBe('running');
  lock.release();
  expect(shownStatus(folder, { ...record, status: 'completed' })).toBe('completed');
  writeRunRecord(folder, running);
  expect(openRun(root, record.id)).toMatchObject({ status: 'interrupted' });
  expect(canResume('interrupted')).toBe(true);
  expect(canResume('completed')).toBe(false);
});

test('requests are read when they change, and nonsense is no request', () => {
  const { folder } = newRun(tempFolder());
  const read = controlReader(folder);
  expect(read()).toBeNull();
  requestControl(folder, 'pause');
  expect(read()).toBe('pause');
  requestControl(folder, 'stop');
  expect(read()).toBe('stop');
  rmSync(runPaths(folder).control);
  writeFileSync(runPaths(folder).control, '{"request":"explode","at":""}');
  expect(read()).toBeNull();
  clearControl(folder);
  expect(read()).toBeNull();
});

test('heartbeats of hosts are seen, also when they cannot be written', () => {
  const { folder } = newRun(tempFolder());
  expect(sinceLastBeatMs(folder)).toBe(Number.POSITIVE_INFINITY);
  const watcher = watchAs(folder, 'window/../1');
  watcher.beat();
  watcher.beat();
  expect(sinceLastBeatMs(folder)).toBeLessThan(60_000);
  expect(sinceLastBeatMs(folder, Date.now() + 90_000)).toBeGreaterThan(60_000);
  watcher.leave();
  expect(sinceLastBeatMs(folder)).toBe(Number.POSITIVE_INFINITY);
  rmSync(runPaths(folder).watchers, { recursive: true });
  symlinkSync('/nowhere/at/all', runPaths(folder).watchers);
  watcher.beat();
});
