import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MetricRow, SampleRow } from '../../src/protocol/run-records';
import { createRun } from '../../src/runs/create-run';
import { followRun, type RunUpdate } from '../../src/runs/follow-run';
import { createMetricTail, createSampleTail, openRowAppender } from '../../src/runs/row-files';
import { runPaths } from '../../src/runs/run-folder';
import { createHistory, readHistory } from '../../src/runs/run-history';
import { writeRunRecord } from '../../src/runs/run-record';
import { tempFolder } from '../support/temp-folder';
import { evalRow, stepRow, tinyExperiment } from '../support/tiny-experiment';

test('rows come out as they went in, also those appended between reads', async () => {
  const path = join(tempFolder(), 'metrics.jsonl');
  const tail = createMetricTail(path);
  expect(await tail.read()).toEqual({ rows: [], skipped: 0, restarted: false });
  const appender = openRowAppender<MetricRow>(path);
  const rows = Array.from({ length: 30 }, (_, index) => stepRow(index + 1, { loss: 1 / 3 + index }));
  const seen: MetricRow[] = [];
  for (const row of rows) {
    appender.append(row);
    if (row.step % 7 === 0) seen.push(...(await tail.read()).rows);
  }
  appender.close();
  seen.push(...(await tail.read()).rows);
  expect(seen).toEqual(rows);
});

test('a file cut at any byte gives every row that was whole, and goes on after it', async () => {
  const folder = tempFolder();
  const rows: SampleRow[] = [1, 2, 3].map(step => ({ step, prompt: 'Größe 🙂 ', text: 'naïve\n“text”' }));
  const whole = Buffer.from(rows.map(row => `${JSON.stringify(row)}\n`).join(''));
  const ends = [...whole.keys()].filter(index => whole[index] === 10).map(index => index + 1);
  let file = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async cut => {
      const path = join(folder, `${file++}.jsonl`);
      writeFileSync(path, whole.subarray(0, cut));
      const kept = ends.filter(end => end <= cut).length;
      const tail = createSampleTail(path);
      expect((await tail.read()).rows).toEqual(rows.slice(0, kept));
      const appender = openRowAppender<SampleRow>(path);
      appender.append({ step: 9, prompt: 'p', text: 't' });
      appender.close();
      const fresh = (await createSampleTail(path).read()).rows;
      // All but its line break was written: then the row is whole after all.
      const closed = ends.includes(cut + 1) ? kept + 1 : kept;
      expect(fresh).toEqual([...rows.slice(0, closed), { step: 9, prompt: 'p', text: 't' }]);
      expect((await tail.read()).rows.at(-1)).toEqual({ step: 9, prompt: 'p', text: 't' });
    }),
    { numRuns: 60 },
  );
});

test('reads in any pieces give the same rows', async () => {
  const folder = tempFolder();
  const rows = Array.from({ length: 12 }, (_, index) => stepRow(index + 1));
  const whole = Buffer.from(rows.map(row => `${JSON.stringify(row)}\n`).join(''));
  let file = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 40 }), async sizes => {
      const path = join(folder, `${file++}.jsonl`);
      const tail = createMetricTail(path);
      const seen: MetricRow[] = [];
      let done = 0;
      for (const size of [...sizes, whole.length]) {
        appendFileSync(path, whole.subarray(done, done + size));
        done += size;
        seen.push(...(await tail.read()).rows);
      }
      expect(seen).toEqual(rows);
    }),
    { numRuns: 30 },
  );
});

test('lines that are no rows are skipped and counted', async () => {
  const path = join(tempFolder(), 'metrics.jsonl');
  writeFileSync(path, `${JSON.stringify(stepRow(1))}\n{"kind":"step"}\nnot json\n${JSON.stringify(stepRow(2))}\n`);
  expect(await createMetricTail(path).read()).toEqual({ rows: [stepRow(1), stepRow(2)], skipped: 2, restarted: false });
});

test('a file that was replaced by a shorter one is read anew', async () => {
  const path = join(tempFolder(), 'metrics.jsonl');
  writeFileSync(path, `${JSON.stringify(stepRow(1))}\n${JSON.stringify(stepRow(2))}\n`);
  const tail = createMetricTail(path);
  await tail.read();
  writeFileSync(path, `${JSON.stringify(stepRow(5))}\n`);
  expect(await tail.read()).toEqual({ rows: [stepRow(5)], skipped: 0, restarted: true });
});

test('rows written again after a resume take the place of the earlier ones; the file keeps both', async () => {
  const folder = tempFolder();
  const { metrics } = runPaths(folder);
  const appender = openRowAppender<MetricRow>(metrics);
  for (const step of [1, 2, 3, 4]) appender.append(stepRow(step, { memoryBytes: 1 }));
  appender.append(evalRow(4));
  for (const step of [3]) appender.append(stepRow(step, { memoryBytes: 2 }));
  appender.close();
  const { steps, evals } = await readHistory(folder);
  expect(steps.map(row => [row.step, row.memoryBytes])).toEqual([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 1],
  ]);
  expect(evals).toEqual([evalRow(4)]);
  expect(readFileSync(metrics, 'utf8').trim().split('\n')).toHaveLength(6);
});

test('a history says from where on it changed', () => {
  const history = createHistory();
  expect(history.addMetrics([stepRow(1), stepRow(2), evalRow(2)])).toEqual({ steps: 0, evals: 0 });
  expect(history.addMetrics([stepRow(3)])).toEqual({ steps: 2, evals: 1 });
  expect(history.addMetrics([stepRow(2), stepRow(4)])).toEqual({ steps: 1, evals: 1 });
  expect(
    history.addSamples([
      { step: 2, prompt: 'a', text: 'x' },
      { step: 2, prompt: 'b', text: 'y' },
    ]),
  ).toBe(0);
  expect(history.addSamples([{ step: 2, prompt: 'b', text: 'z' }])).toBe(1);
  expect(history.samples.map(row => row.text)).toEqual(['x', 'z']);
});

test('following a run tells everything once, in order, while it is written', async () => {
  const root = tempFolder();
  const { folder, record } = createRun(root, { spec: tinyExperiment(), source: '', file: 'm', supraVersion: '0' });
  const updates: RunUpdate[] = [];
  const followed = followRun(folder, update => updates.push(update), { intervalMs: 20, heartbeatAs: 'test' });
  const metrics = openRowAppender<MetricRow>(runPaths(folder).metrics);
  const samples = openRowAppender<SampleRow>(runPaths(folder).samples);
  for (let step = 1; step <= 200; step++) {
    metrics.append(stepRow(step));
    if (step % 50 === 0) {
      samples.append({ step, prompt: 'a', text: 'b' });
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }
  metrics.close();
  samples.close();
  writeRunRecord(folder, { ...record, status: 'completed' });
  await expect.poll(() => updates.at(-1)?.status, { timeout: 5000, interval: 10 }).toBe('completed');
  const count = updates.length;
  await followed.poke();
  expect(updates).toHaveLength(count);
  followed.close();
  expect(updates.flatMap(update => update.metrics)).toEqual(
    Array.from({ length: 200 }, (_, index) => stepRow(index + 1)),
  );
  expect(updates.flatMap(update => update.samples)).toHaveLength(4);
  expect(updates[0]?.record?.id).toBe(record.id);
});

test('an update that says completed comes with or after the last row, whenever the trainer writes', async () => {
  const root = tempFolder();
  const { folder, record } = createRun(root, { spec: tinyExperiment(), source: '', file: 'm', supraVersion: '0' });
  const metrics = openRowAppender<MetricRow>(runPaths(folder).metrics);
  let step = 0;
  for (let round = 0; round < 60; round++) {
    writeRunRecord(folder, record, { durable: false });
    const rows: MetricRow[] = [];
    const seenAtEnd = new Promise<number>(resolve => {
      const followed = followRun(
        folder,
        update => {
          rows.push(...update.metrics);
          if (update.status !== 'completed') return;
          followed.close();
          resolve(rows.at(-1)?.step ?? 0);
        },
        { intervalMs: 1 },
      );
    });
    // At another moment of a look each time.
    for (let turn = 0; turn < round % 12; turn++) await new Promise(resolve => setImmediate(resolve));
    metrics.append(stepRow(++step));
    writeRunRecord(folder, { ...record, status: 'completed' }, { durable: false });
    expect(await seenAtEnd).toBe(step);
  }
  metrics.close();
});
