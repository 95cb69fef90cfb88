import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ModelSpec, modelWeights } from '../../src/architecture/model';
import { checkpointOfStart, folderOfStart, tokenizerOfStart } from '../../src/architecture/start-path';
import { importConfig } from '../../src/exchange/hugging-face/import-config';
import { openSafetensors, type SafetensorsSource } from '../../src/exchange/safetensors';
import { compareStart } from '../../src/exchange/start/compare-start';
import { findStart } from '../../src/exchange/start/find-start';
import { startFacts } from '../../src/exchange/start/start-facts';
import { openStartWeights } from '../../src/exchange/start/start-weights';
import { analyze } from '../../src/language/analysis/analyze';
import { writeImported } from '../../src/language/writing/write-imported';
import { writePublished } from '../support/published-folder';
import { tempFolder } from '../support/temp-folder';
import { tinyExperiment } from '../support/tiny-experiment';

const goldens = join(import.meta.dirname, '../fixtures/golden');
const families = readdirSync(goldens).filter(name => !name.endsWith('.md'));

/** The model that a user gets who imports a golden: its config.json written as a model file, and that read again. */
function imported(family: string): ModelSpec {
  const { value } = importConfig(readFileSync(join(goldens, family, 'config.json'), 'utf8'));
  if (value === null) throw new Error(`Expected a config of ${family}.`);
  const text = writeImported(value.spec, { modelType: value.modelType, warnings: [] });
  const spec = analyze(text).file.models[0]?.spec;
  if (spec === undefined) throw new Error(`Expected a model, got ${text}`);
  return spec;
}

describe('a golden that was imported', () => {
  it.each(families)('%s can be started from', async family => {
    const model = imported(family);
    expect(startFacts(goldens, family, model)).toMatchObject({ problem: null, misfit: null, otherwise: null });
    const { value } = findStart(goldens, family);
    if (value === null) throw new Error('Expected a start.');
    const weights = await openStartWeights(value, model);
    // Transformers leaves prediction modules out of its models, and a run would have to train them from nothing.
    const isMtp = (problem: string) => model.mtp !== undefined && /^model\.layers\.\d+\..* is missing$/.test(problem);
    expect(weights.problems.filter(problem => !isMtp(problem))).toEqual([]);
    await weights.close();
  });
});

it('prediction modules may be left out, and must be there otherwise', async () => {
  const folder = tempFolder();
  const modules = await openSafetensors(join(goldens, 'glm4_moe/mtp.safetensors'));
  const added: SafetensorsSource[] = [];
  for (const [name, { shape }] of modules.entries) {
    const data = await modules.floats(name);
    // Published files number them on behind the three layers.
    const published = name
      .replace(/^0\.(mtp_block\.)?/, 'model.layers.3.')
      .replace('.post_norm.', '.shared_head.norm.');
    added.push({ name: published, shape, dtype: 'F32', read: () => data });
  }
  await modules.close();
  await writePublished('glm4_moe', folder, tensors => [...tensors, ...added]);
  const { value, problem } = findStart(dirname(folder), basename(folder));
  if (value === null) throw new Error(problem);
  const { spec } = value;
  expect(spec.mtp).toHaveLength(1);
  const { mtp: _, ...without } = spec;
  for (const model of [spec, without]) {
    expect(compareStart(model, spec)).toEqual({ misfit: null, otherwise: null });
    const weights = await openStartWeights(value, model);
    expect(weights.problems).toEqual([]);
    expect((await weights.read()).size).toBe(modelWeights(model).filter(({ tiedTo }) => tiedTo === undefined).length);
    await weights.close();
  }
  const bare = findStart(goldens, 'glm4_moe').value;
  if (bare === null) throw new Error('Expected the golden.');
  const lacking = await openStartWeights(bare, spec);
  expect(lacking.problems[0]).toMatch(/^model\.layers\.\d+\..* is missing$/);
  await lacking.close();
});

describe('a model and the one whose weights it starts from', () => {
  const { model } = tinyExperiment();
  const [block] = model.kinds;
  if (block === undefined) throw new Error('Expected a kind of layer.');
  const changed = (
    kind: 'attention' | 'ffn',
    part: 'body' | 'norm' | 'position',
    config: object,
    id?: string,
  ): ModelSpec => ({
    ...model,
    kinds: [
      {
        ...block,
        branches: block.branches.map(branch => {
          const old = branch[part];
          const made = { id: (id ?? old.id) as typeof old.id, config: { ...old.config, ...config } };
          return branch.kind === kind ? { ...branch, [part]: made } : branch;
        }),
      },
    ],
  });

  it('are the same, whatever they and their layers are called', () => {
    const renamed = { ...model, name: 'other', initStd: 0.5, kinds: [{ ...block, name: 'x' }], stack: ['x', 'x'] };
    expect(compareStart(renamed, model)).toEqual({ misfit: null, otherwise: null });
    expect(compareStart({ ...model, context: 8 }, model)).toEqual({ misfit: null, otherwise: null });
  });

  it.each([
    ['vocab', { ...model, vocab: 300 }, 'vocab', '257', '300'],
    ['hidden', { ...model, hidden: 32 }, 'hidden', '16', '32'],
    ['tied', { ...model, tied: false }, 'tied', 'true', 'false'],
    ['layers', { ...model, stack: ['block'] }, 'layers', '2', '1'],
    [
      'heads of the same total size',
      changed('attention', 'body', { heads: 4, kv_heads: 4, head_dim: 4 }),
      'attention.heads in layer 1',
      '2',
      '4',
    ],
    ['biases', changed('attention', 'body', { bias: 'qkv' }), 'attention.bias in layer 1', 'none', 'qkv'],
    ['a norm with biases', changed('ffn', 'norm', { bias: true }, 'norm.layer'), 'ffn_norm in layer 1', 'rms', 'layer'],
    ['another width', changed('ffn', 'body', { width: 64 }), 'ffn.width in layer 1', '32', '64'],
    ['modules', { ...model, mtp: [block] }, 'branches in module 1 of mtp', 'nothing', 'attention, ffn'],
  ] as const)('differ in size: %s', (_, other, setting, there, here) => {
    const { misfit, otherwise } = compareStart(other, model);
    expect(misfit).toMatchObject({ setting, there, here });
    expect(otherwise).toBeNull();
  });

  it.each([
    ['theta', changed('attention', 'position', { theta: 500 }), 'position.theta in layer 1', '10000', '500'],
    ['no position', changed('attention', 'position', {}, 'position.none'), 'position in layer 1', 'rope', 'none'],
    ['a window', changed('attention', 'body', { window: 8 }), 'attention.window in layer 1', 'none', '8'],
    ['epsilon', changed('ffn', 'norm', { epsilon: 1e-3 }), 'ffn_norm.epsilon in layer 1', '0.00001', '0.001'],
    ['a longer context', { ...model, context: 32 }, 'context', '16', '32'],
  ] as const)('are of one size and compute otherwise: %s', (_, other, setting, there, here) => {
    const { misfit, otherwise } = compareStart(other, model);
    expect(misfit).toBeNull();
    expect(otherwise).toMatchObject({ setting, there, here, more: 0 });
  });
});

it('paths name folders, runs and checkpoints', () => {
  expect(folderOfStart(' models\\small/ ')).toBe('models/small');
  expect(folderOfStart('20261124-163412-tiny')).toBe('.supra/runs/20261124-163412-tiny');
  expect(folderOfStart('20261124-163412-tiny/x')).toBe('20261124-163412-tiny/x');
  expect(checkpointOfStart('a/checkpoints/step-000020')).toEqual({ run: 'a', step: 20 });
  expect(checkpointOfStart('a/step-000020')).toBeNull();
  expect(tokenizerOfStart('models/small')).toBe('models/small/tokenizer.json');
  expect(tokenizerOfStart('20261124-163412-tiny')).toBe('.supra/runs/20261124-163412-tiny/tokenizer.json');
  expect(tokenizerOfStart('.supra/runs/a/checkpoints/step-000020')).toBe('.supra/runs/a/tokenizer.json');
});
