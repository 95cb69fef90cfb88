import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TrainSpec } from '../../src/architecture/model';
import type { Batch } from '../../src/data/training-batches';
import type { ExpertLoads } from '../../src/engine/balance-experts';
import type { ControlRequest, MetricRow, SampleRow } from '../../src/protocol/run-records';
import type { TrainingState } from '../../src/training/checkpoint';
import { freshState, type LoopEnd, type LoopParts, runLoop } from '../../src/training/loop';
import { tinyExperiment } from '../support/tiny-experiment';

/** A "model" of one number that is pulled towards the data; its state is that number. */
function fakeWorld(
  change: Partial<TrainSpec> = {},
  lossAt: (step: number, weight: number) => number = (_, weight) => Math.abs(weight),
  experts: readonly (readonly [string, Int32Array])[] = [],
) {
  const spec = tinyExperiment({ train: { steps: 40, evalEvery: 5, sampleEvery: 8, checkpointEvery: 7, ...change } });
  const saved = new Map<number, { state: TrainingState; weight: number; position: number }>();
  const rows: MetricRow[] = [];
  const samples: SampleRow[] = [];
  const statuses: string[] = [];
  const rates: number[] = [];
  const recordedLoads: (readonly [number, ExpertLoads])[] = [];
  let weight = 5;
  let position = 0;
  let steps = 0;
  let clock = 0;
  let requests: (ControlRequest | null)[] = [];

  const parts: LoopParts = {
    spec,
    trainingFlopsPerToken: 10,
    learner: {
      step(batches, { learningRate }) {
        steps++;
        rates.push(learningRate);
        const loss = lossAt(steps, weight);
        if (Number.isFinite(loss))
          for (const batch of batches) weight -= learningRate * (weight - (batch.inputs[0] ?? 0) / 7);
        return { loss, gradientNorm: Math.abs(weight), expertLoads: new Map(experts) };
      },
      lossOf: () => Math.abs(weight),
      save: async () => {},
      load: async () => {},
      dispose: () => {},
    },
    isStarted: false,
    batches: {
      next: (): Batch => ({ batch: 1, seq: 1, inputs: Int32Array.of(position++ % 5), targets: Int32Array.of(0) }),
      state: () => ({ position }),
    },
    evaluate: () => ({ loss: lossAt(steps, weight), perplexity: 1, bitsPerByte: 1, evalTokens: 1 }),
    sample: async step => [{ step, prompt: 'p', text: String(weight) }],
    recordMetric: row => rows.push(row),
    recordSample: row => samples.push(row),
    recordExperts: (step, loads) => recordedLoads.push([step, loads]),
    async checkpoint(state) {
      saved.set(state.step, { state: JSON.parse(JSON.stringify(state)), weight, position });
    },
    wanted() {
      const request = requests.shift() ?? null;
      return request === null ? null : { request, reason: 'asked' };
    },
    onStatus: status => statuses.push(status),
    onStep: () => {},
    clock: () => clock++,
    memoryBytes: () => 1,
    pause: async () => {},
  };
  return {
    parts,
    rows,
    samples,
    saved,
    statuses,
    rates,
    recordedLoads,
    ask: (wanted: (ControlRequest | null)[]) => {
      requests = wanted;
    },
    /** Goes on in a world as new as another process. */
    restore(step: number) {
      const kept = saved.get(step);
      if (kept === undefined) throw new Error(`Expected a checkpoint at ${step}, got ${[...saved.keys()]}.`);
      ({ weight, position } = kept);
      steps = step;
      return kept.state;
    },
    run: (from?: TrainingState): Promise<LoopEnd> => runLoop(parts, from ?? freshState(parts.batches.state())),
  };
}

/** What must be the same however a run was cut: everything but times. */
const bits = (rows: readonly MetricRow[]) =>
  rows.map(({ elapsedMs: _, ...row }) => {
    if (row.kind === 'eval') return row;
    const { tokensPerSecond: _a, samplesPerSecond: _b, memoryBytes: _c, ...rest } = row;
    return rest;
  });

test('a run records every step, evaluations, samples and checkpoints when they are due and at the end', async () => {
  const world = fakeWorld({}, step => step);
  const end = await world.run();
  expect(end).toMatchObject({
    status: 'completed',
    reason: null,
    state: { step: 40, tokens: 40 * 64, flops: 40 * 640 },
  });
  const steps = world.rows.filter(row => row.kind === 'step').map(row => row.step);
  expect(steps).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  expect(world.rows.filter(row => row.kind === 'eval').map(row => row.step)).toEqual([5, 10, 15, 20, 25, 30, 35, 40]);
  expect(world.samples.map(row => row.step)).toEqual([8, 16, 24, 32, 40]);
  // The loss rises: only the first evaluation was ever the best.
  expect([...world.saved.keys()]).toEqual([5, 7, 14, 21, 28, 35, 40]);
  expect(end.state.best).toEqual({ step: 5, loss: 5 });
});

test('the load of experts is recorded with each step: the layer that is worst off', async () => {
  const loads = [
    ['layers.0.ffn', Int32Array.of(4, 4, 4, 4)],
    ['layers.1.ffn', Int32Array.of(10, 0, 6, 0)],
  ] as const;
  const world = fakeWorld({ steps: 3 }, undefined, loads);
  await world.run();
  const steps = world.rows.filter(row => row.kind === 'step');
  expect(steps.map(row => row.expertImbalance)).toEqual([2.5, 2.5, 2.5]);
  expect(world.recordedLoads).toEqual([1, 2, 3].map(step => [step, new Map(loads)]));
  const dense = fakeWorld({ steps: 1 });
  await dense.run();
  expect(dense.rows[0]).not.toHaveProperty('expertImbalance');
});

test('accumulated batches count as one step', async () => {
  const world = fakeWorld({ steps: 3, accumulate: 4 });
  const end = await world.run();
  expect(end.state.data).toEqual({ position: 12 });
  expect(end.state.tokens).toBe(3 * 4 * 4 * 16);
});

test('stopped and resumed at any steps, a run records the same bits as in a piece', async () => {
  const whole = fakeWorld();
  await whole.run();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 39 }), { maxLength: 4 }), async stops => {
      const world = fakeWorld();
      let from: TrainingState | undefined;
      let done = 0;
      for (const stop of [...new Set(stops)].sort((a, b) => a - b)) {
        world.ask([...Array.from({ length: stop - done }, () => null), 'stop']);
        const end = await world.run(from);
        expect(end).toMatchObject({ status: 'stopped', reason: 'asked', state: { step: stop } });
        from = world.restore(stop);
        done = stop;
      }
      world.ask([]);
      const end = await world.run(from);
      expect(end.status).toBe('completed');
      expect(bits(world.rows)).toEqual(bits(whole.rows));
      expect(world.samples).toEqual(whole.samples);
    }),
    { numRuns: 25 },
  );
});

test('killed at any step, a run goes on from its last checkpoint and ends with the same bits', async () => {
  const whole = fakeWorld();
  await whole.run();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 7, max: 39 }), async kill => {
      const world = fakeWorld();
      world.ask([...Array.from({ length: kill }, () => null)]);
      const { recordMetric } = world.parts;
      const dying = runLoop(
        {
          ...world.parts,
          recordMetric(row) {
            recordMetric(row);
            if (row.step === kill) throw new Error('killed');
          },
        },
        freshState(world.parts.batches.state()),
      );
      await expect(dying).rejects.toThrow('killed');
      expect(world.rows.at(-1)?.step).toBe(kill);
      const newest = Math.max(...world.saved.keys());
      await world.run(world.restore(newest));
      const lastOfEach = new Map(bits(world.rows).map(row => [`${row.kind} ${row.step}`, row]));
      expect(lastOfEach).toEqual(new Map(bits(whole.rows).map(row => [`${row.kind} ${row.step}`, row])));
    }),
    { numRuns: 20 },
  );
});

test('a pause saves, waits and goes on; a stop during a pause ends', async () => {
  const world = fakeWorld({ checkpointEvery: 1000, evalEvery: 1000, steps: 6 });
  world.ask([null, null, 'pause', 'pause', 'resume', null]);
  expect((await world.run()).status).toBe('completed');
  expect(world.statuses).toEqual(['paused', 'running']);
  expect([...world.saved.keys()]).toEqual([2, 6]);
  expect(world.rows.filter(row => row.kind === 'step')).toHaveLength(6);

  const other = fakeWorld();
  other.ask([null, 'pause', 'stop']);
  expect(await other.run()).toMatchObject({ status: 'stopped', state: { step: 1 } });
});

test('a loss that is no number ends the run as failed; the step is not recorded and the checkpoint is named', async () => {
  const world = fakeWorld({}, (step, weight) => (step === 12 ? Number.NaN : weight));
  const end = await world.run();
  expect(end.status).toBe('failed');
  expect(end.reason).toContain('The loss became NaN at step 12. The checkpoint of step 10, from before, is kept. Try');
  expect(world.rows.at(-1)).toMatchObject({ step: 11 });
  const early = await fakeWorld({}, () => Number.NaN).run();
  expect(early.reason).toContain('There is no checkpoint from before.');
});

test('a run that diverges is ended and its checkpoints are from before', async () => {
  const world = fakeWorld({ steps: 200, evalEvery: 1000 }, step => (step < 100 ? 3 : 30));
  const end = await world.run();
  expect(end.status).toBe('failed');
  expect(Math.max(...world.saved.keys())).toBeLessThan(100 + 7);
  expect(end.state.step).toBeLessThan(130);
});

test('patience ends a run that does not get better, as completed and with a checkpoint', async () => {
  const world = fakeWorld({ patience: 3 }, step => (step <= 10 ? 10 - step : 10));
  const end = await world.run();
  expect(end).toMatchObject({ status: 'completed', state: { step: 25, best: { step: 10 } } });
  expect(end.reason).toContain('3 evaluations in a row');
  expect(world.saved.has(25)).toBe(true);
});

test('the learning rate follows the schedule of the whole run', async () => {
  const world = fakeWorld();
  await world.run();
  expect(Math.max(...world.rates)).toBe(1e-2);
  expect(world.rates.at(-1)).toBeCloseTo(1e-3);
});
