import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExperimentSpec, ModelSpec, TrainSpec } from '../../src/architecture/model';
import { exportRun } from '../../src/exchange/export-run';
import { openCheckpoint } from '../../src/exchange/hugging-face/checkpoint';
import { importConfig } from '../../src/exchange/hugging-face/import-config';
import { loadWeights } from '../../src/exchange/hugging-face/load-weights';
import { openSafetensors, type SafetensorsSource, writeSafetensors } from '../../src/exchange/safetensors';
import { averageFile, listCheckpoints, modelFile } from '../../src/runs/checkpoints';
import { RunError } from '../../src/runs/run-error';
import { runPaths } from '../../src/runs/run-folder';
import { readHistory } from '../../src/runs/run-history';
import { writeRunRecord } from '../../src/runs/run-record';
import { openRun, type ReadableRun } from '../../src/runs/run-store';
import { openStart } from '../../src/training/open-start';
import { writePublished } from '../support/published-folder';
import { nested } from '../support/specs';
import { tempFolder } from '../support/temp-folder';
import { tinyExperiment } from '../support/tiny-experiment';
import {
  bits,
  launch,
  newRun,
  recordOf,
  textWorkspace,
  trainerBundle,
  trainThroughKills,
  untilStep,
} from '../support/trainer-runs';

const goldens = join(import.meta.dirname, '../fixtures/golden');
const tiny = (train: Partial<TrainSpec>, model: Partial<ModelSpec> = {}) =>
  tinyExperiment({ source: 'text.txt', train, model });

/** Trains a run to its end, and gives what it left. */
async function trained(root: string, spec: ExperimentSpec) {
  const run = newRun(root, spec);
  const { trainer, messages } = launch(run);
  const exit = await trainer.exited;
  expect(exit).toMatchObject({ code: 0, ended: { status: 'completed' } });
  return { ...run, id: basename(run.folder), messages, history: await readHistory(run.folder) };
}

/** What the trainer says of a run that it refuses, before anything is trained. */
async function refusal(root: string, spec: ExperimentSpec): Promise<string> {
  const run = newRun(root, spec);
  const { ended } = await launch(run).trainer.exited;
  expect(ended?.status).toBe('failed');
  expect(await readHistory(run.folder)).toMatchObject({ steps: [], evals: [] });
  expect(listCheckpoints(run.folder)).toEqual([]);
  return ended?.reason ?? '';
}

async function exported(root: string, id: string, name: string): Promise<void> {
  const run = openRun(root, id) as ReadableRun;
  const options = { to: 'hf', type: 'f32', checkpoint: 'best', supra: '0' } as const;
  await exportRun({ run, out: join(root, name), ...options });
}

async function tensorsOf(path: string): Promise<ReadonlyMap<string, Float32Array>> {
  const file = await openSafetensors(path);
  const tensors = new Map<string, Float32Array>();
  for (const name of file.entries.keys()) tensors.set(name, await file.floats(name));
  await file.close();
  return tensors;
}

// A run judged by the average of its weights, which every test starts from.
const root = textWorkspace(mkdtempSync(join(tmpdir(), 'supra-test-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let base: Awaited<ReturnType<typeof trained>>;
beforeAll(async () => {
  trainerBundle();
  base = await trained(root, tiny({ steps: 40, ema: 0.9 }));
  await exported(root, base.id, 'published');
}, 90_000);

describe('a run starts', () => {
  test.each([
    ['a run by its id', () => base.id, () => `run ${base.id}, step 40`],
    ['the folder of a run', () => `.supra/runs/${base.id}/`, () => `run ${base.id}, step 40`],
    [
      'the folder of a checkpoint',
      () => `.supra/runs/${base.id}/checkpoints/step-000040`,
      () => `run ${base.id}, step 40`,
    ],
    ['a folder that the run was exported to', () => 'published', () => 'llama'],
  ])(
    'from %s where that ended, by its average',
    async (_, start, title) => {
      const run = await trained(root, tiny({ steps: 2, start: start() }));
      const [first] = run.history.evals;
      expect(first?.step).toBe(0);
      // The same weights on the same text in the same engine.
      expect(first?.loss).toBe(base.history.evals.at(-1)?.loss);
      expect(run.history.samples.map(({ step }) => step)).toEqual([0, 2]);
      const checkpoint = listCheckpoints(run.folder).find(({ step }) => step === 0)?.path ?? '';
      const last = listCheckpoints(base.folder)[0]?.path ?? '';
      expect(await tensorsOf(join(checkpoint, modelFile))).toEqual(await tensorsOf(join(last, averageFile)));
      expect(recordOf(run.folder).startedFrom).toEqual({
        path: start(),
        title: title(),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      expect(run.messages.filter(({ type }) => type === 'warning')).toEqual([]);
    },
    30_000,
  );

  test('with its average at the start, where it keeps one', async () => {
    const run = await trained(root, tiny({ steps: 1, start: base.id, ema: 0.9 }));
    expect(run.history.evals[0]?.loss).toBe(base.history.evals.at(-1)?.loss);
  }, 30_000);

  test('from nothing without a step 0', async () => {
    expect(base.history.evals.map(({ step }) => step)).toEqual([20, 40]);
    expect(recordOf(base.folder).startedFrom).toBeNull();
  });

  test.each([
    ['llama_mha_tied', 'as transformers has it in memory'],
    ['qwen3_moe', 'published in two files, experts apart'],
  ])(
    'from a golden of %s, %s',
    async (family, layout) => {
      const place = tempFolder();
      const folder = join(place, 'golden');
      if (layout.startsWith('published')) {
        mkdirSync(folder);
        await writePublished(family, folder);
      } else cpSync(join(goldens, family), folder, { recursive: true });
      const { value } = importConfig(readFileSync(join(folder, 'config.json'), 'utf8'));
      if (value === null) throw new Error('Expected a config.');
      const { spec, modelType } = value;
      writeFileSync(join(place, 'text.txt'), 'abc cab bca '.repeat(400));
      const plain = tiny({ start: 'golden', steps: 1, batch: 1 });
      const data = { ...plain.data, tokenizer: { id: 'tokenizer.chars', config: {} } } as const;
      const run = await trained(place, { ...plain, data, model: { ...spec, context: 16 } });
      const checkpoint = await openCheckpoint(folder);
      const { weights } = await loadWeights(spec, modelType, checkpoint);
      await checkpoint.close();
      const kept = await tensorsOf(join(runPaths(run.folder).checkpoints, 'step-000000', modelFile));
      expect(kept).toEqual(weights);
      expect(run.messages).toContainEqual({
        type: 'warning',
        text: expect.stringContaining('no tokenizer.json in golden'),
      });
    },
    30_000,
  );
});

describe('a run that started', () => {
  const change = { optimizer: nested('optimizer.muon', { lr: 1e-2 }) as TrainSpec['optimizer'], ema: 0.9 };

  test('is the same bits through kills, without what it started from', async () => {
    const spec = tiny({ start: 'published', ...change });
    const whole = await trained(root, spec);
    const place = textWorkspace();
    cpSync(join(root, 'published'), join(place, 'published'), { recursive: true });
    const killed = newRun(place, spec);
    const { trainer } = launch(killed);
    await untilStep(killed.folder, 3);
    trainer.kill();
    await trainer.exited;
    // The tokenizer of the run is its own by now.
    rmSync(join(place, 'published'), { recursive: true });
    await trainThroughKills(killed, 'resume');
    expect(bits(await readHistory(killed.folder))).toEqual(bits(whole.history));
    expect(bits(whole.history).evals.map(({ step }) => step)).toEqual([0, 20, 40, 60]);
    for (const file of [modelFile, averageFile, 'optimizer.safetensors']) {
      const [one, other] = [killed, whole].map(({ folder }) => join(listCheckpoints(folder)[0]?.path ?? '', file));
      expect(await tensorsOf(one ?? '')).toEqual(await tensorsOf(other ?? ''));
    }
  }, 60_000);

  test('and has no checkpoint yet begins anew only from the same weights', async () => {
    const run = newRun(root, tiny({ start: 'published', steps: 1 }));
    const startedFrom = { path: 'published', title: 'llama', sha256: 'another' };
    writeRunRecord(run.folder, { ...recordOf(run.folder), startedFrom });
    const { ended } = await launch(run, 'resume').trainer.exited;
    expect(ended?.reason).toMatch(/weights of published are not those that this run began with/);
    writeRunRecord(run.folder, { ...recordOf(run.folder), startedFrom: null });
    expect(await launch(run, 'resume').trainer.exited).toMatchObject({ code: 0 });
  }, 30_000);
});

describe('what does not fit is refused before anything is trained:', () => {
  test.each([
    ['a folder that is not there', 'nowhere', /There is no nowhere in .*Name a folder with config\.json/],
    ['a path out of the workspace', '../elsewhere', /leads out of the folder that is open/],
    ['a link out of the workspace', 'link', /leads out of the folder that is open/],
    ['weights that are a link out of the workspace', 'borrowed', /leads out of the folder that is open/],
    ['nothing in quotes', ' ', /Name a folder with config\.json/],
    ['an absolute path', '/tmp', /leads out of the folder that is open/],
    ['a folder without a model', 'empty', /empty holds neither config\.json with safetensors.*nor a run/],
    ['a folder without weights', 'weightless', /no model\.safetensors in .*weightless/],
    ['a file', 'text.txt', /text\.txt is a file/],
    ['a run that is not there', '20200101-000000-gone', /There is no \.supra\/runs\/20200101-000000-gone/],
    ['a damaged file of weights', 'damaged', /damaged.*cannot be read as safetensors/],
  ])('%s', async (_, start, message) => {
    mkdirSync(join(root, 'empty'), { recursive: true });
    mkdirSync(join(root, 'weightless'), { recursive: true });
    cpSync(join(root, 'published/config.json'), join(root, 'weightless/config.json'));
    cpSync(join(root, 'published'), join(root, 'damaged'), { recursive: true });
    writeFileSync(join(root, 'damaged/model.safetensors'), 'no tensors');
    const own = join(root, 'borrowed/model.safetensors');
    cpSync(join(root, 'published'), join(root, 'borrowed'), { recursive: true });
    rmSync(own);
    symlinkSync(join(goldens, 'mistral/model.safetensors'), own);
    rmSync(join(root, 'link'), { force: true });
    symlinkSync(tmpdir(), join(root, 'link'));
    await expect(openStart(root, tiny({ start }))).rejects.toThrow(message);
    await expect(openStart(root, tiny({ start }))).rejects.toBeInstanceOf(RunError);
  });

  test('a model of other sizes, by the first that differs', async () => {
    const reason = await refusal(root, tiny({ start: 'published' }, { hidden: 24 }));
    expect(reason).toContain('holds the weights of another model: its hidden is 16, here it is 24');
    expect(await refusal(root, tiny({ start: base.id }, { tied: false }))).toContain('tied is true, here it is false');
    expect(await refusal(root, tiny({ start: base.id }, { stack: ['block'] }))).toContain('layers is 2, here it is 1');
  }, 30_000);

  test('tensors missing, unexpected and of another shape, each by its name', async () => {
    const folder = join(root, 'altered');
    cpSync(join(root, 'published'), folder, { recursive: true });
    const path = join(folder, 'model.safetensors');
    const file = await openSafetensors(path);
    const norm = 'model.layers.1.input_layernorm.weight';
    const up = 'model.layers.0.mlp.up_proj.weight';
    const altered: SafetensorsSource[] = [];
    for (const [name, { shape }] of file.entries) {
      const data = await file.floats(name);
      const source = { name, shape, dtype: 'F32', read: () => data } as const;
      if (name === norm) altered.push({ ...source, name: 'model.layers.1.other.weight' });
      else if (name === up) altered.push({ ...source, shape: [...shape].reverse() });
      else altered.push(source);
    }
    await file.close();
    await writeSafetensors(`${path}.new`, altered);
    renameSync(`${path}.new`, path);
    const reason = await refusal(root, tiny({ start: 'altered' }));
    expect(reason.split('\n').map(line => line.trim())).toEqual([
      'The tensors of altered (llama) are not those of the model:',
      `${norm} is missing`,
      `${up} is [16, 32], where the model has [32, 16]`,
      'model.layers.1.other.weight has no place in the model',
    ]);
  }, 30_000);

  test('a tokenizer that is not that of the weights', async () => {
    const spec = tiny({ start: 'published' });
    const data = { ...spec.data, tokenizer: { id: 'tokenizer.chars', config: {} } } as const;
    expect(await refusal(root, { ...spec, data })).toMatch(/token 0 is ".+" here and "Ā" there/);
  }, 30_000);
});

test('what a model makes otherwise of its weights is a warning', async () => {
  const { model } = tiny({});
  const [block] = model.kinds;
  if (block === undefined) throw new Error('Expected a kind of layer.');
  const position = nested('position.rope', { theta: 500 });
  const kinds = [{ ...block, branches: block.branches.map(branch => ({ ...branch, position })) }];
  const run = await trained(root, tiny({ start: base.id, steps: 1 }, { kinds, context: 8 }));
  expect(run.messages).toContainEqual({
    type: 'warning',
    text: `The weights of ${base.id} were trained with position.theta in layer 1 = 10000; the model has 500.`,
  });
}, 30_000);
