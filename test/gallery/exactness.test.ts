import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { elementsOf, type Instance } from '../../src/architecture/component';
import { costsOf } from '../../src/architecture/costs';
import { type ModelSpec, modelWeights } from '../../src/architecture/model';
import { formatInteger } from '../../src/base/format';
import { compareModels } from '../../src/exchange/hugging-face/comparable-spec';
import { exportConfig } from '../../src/exchange/hugging-face/export-config';
import { importJson, knownModelTypes } from '../../src/exchange/hugging-face/import-config';
import { analyze } from '../../src/language/analysis/analyze';
import reference from '../fixtures/reference/architectures.json';

const root = join(import.meta.dirname, '..', '..');

/** Name in the reference to file of the gallery, or model of the founding study. */
const files: Readonly<Record<string, string>> = {
  'Llama 3.2 1B': 'llama-3.2-1b',
  'Mistral 7B v0.1': 'mistral-7b',
  'Mistral Small 3.1 24B (text)': 'mistral-small-3.1',
  'Qwen3 0.6B': 'qwen3-0.6b',
  'OLMo 2 7B': 'olmo-2-7b',
  'Olmo 3 7B': 'olmo-3-7b',
  'Gemma 3 1B': 'gemma-3-1b',
  'SmolLM3 3B': 'smollm3-3b',
  'Mixtral 8x7B': 'mixtral-8x7b',
  'Qwen3 235B-A22B': 'qwen3-235b-a22b',
  'Qwen3-Next 80B-A3B': 'qwen3-next-80b-a3b',
  'DeepSeek V3/R1 671B': 'deepseek-v3',
  'DeepSeek V3.2 671B (DSA)': 'deepseek-v3.2',
  'Kimi K2 1T-A32B': 'kimi-k2',
  'Mistral Large 3 675B (text)': 'mistral-large-3',
  'Kimi Linear 48B-A3B': 'kimi-linear-48b-a3b',
  'GPT-OSS 120B': 'gpt-oss-120b',
  'Grok 2.5 270B': 'grok-2.5',
  'GLM-4.5 355B-A32B': 'glm-4.5',
  'GLM-4.5-Air 106B-A12B': 'glm-4.5-air',
  'MiniMax-M2 230B-A10B': 'minimax-m2',
  'Nemotron 3 Nano 30B-A3B': 'nemotron-3-nano',
  'MiMo-V2-Flash 309B-A15B': 'mimo-v2-flash',
  'Trinity Large 400B-A13B': 'trinity-large',
  'Llama 4 Maverick 400B-A17B (text)': 'llama-4-maverick',
  'Mamba 130m': 'mamba-130m',
  'Mamba-2 130m': 'mamba-2-130m',
  'SupraLabs Supra Mini v4 2M': 'supra-mini-v4',
};
const studies: Readonly<Record<string, string>> = {
  'Experiment 4 Llama 12x128': 'deep_12x128',
  'Experiment 4 Llama 6x192': 'medium_6x192',
  'Experiment 4 Llama 3x256': 'shallow_3x256',
};

/** Files still to come. A test fails when one is here and still listed. */
const notYet = new Set<string>();

const fileOf = (name: string): string =>
  name in studies
    ? join(root, 'examples', 'experiment-4', 'model.supra')
    : join(root, 'gallery', `${files[name]}.supra`);

/** The model of a reference entry, as written. */
function modelOf(name: string): ModelSpec {
  const { file, problems } = analyze(readFileSync(fileOf(name), 'utf8'));
  expect(problems).toEqual([]);
  const model = name in studies ? file.models.find(each => each.name === studies[name]) : file.models[0];
  if (model?.spec === undefined) throw new Error(`Expected the model of ${name}.`);
  return model.spec;
}

/** A component without its sizes: which switches are on, which words chosen, which optional numbers given. */
const ideasOf = ({ id, config }: Instance): unknown => ({
  id,
  config: Object.entries(config).map(([name, value]) =>
    typeof value === 'object' && value !== null && 'id' in value
      ? [name, ideasOf(value)]
      : [name, typeof value === 'number' ? 'number' : value],
  ),
});

/** Elements of the correction biases of routers, whether they count as parameters or not; those of prediction modules apart. */
const routerBiasOf = (model: ModelSpec): number =>
  modelWeights(model)
    .filter(({ name, part }) => name === 'router_correction' && part !== 'mtp')
    .reduce((sum, tensor) => sum + elementsOf(tensor), 0);

const here = reference.filter(({ name }) => existsSync(fileOf(name)));
const rows: string[] = [];
afterAll(() => {
  if (process.env.SUPRA_SHOW_GALLERY) {
    const head =
      '| model | total (ours) | total (reference) | active | without embeddings | prediction modules | router bias |';
    console.log(`${head}\n|---|--:|--:|--:|--:|--:|--:|\n${rows.join('\n')}`);
  }
});

describe.each(here)('$name', entry => {
  const active = entry.exact_active ?? entry.exact_total;

  test('has the counts of the reference to the last digit', () => {
    const model = modelOf(entry.name);
    const costs = costsOf(model);
    const { total, nonEmbedding, activeNonEmbedding, mtp, buffers } = costs;
    rows.push(
      `| ${entry.name} | ${[total, entry.exact_total, costs.active, nonEmbedding, mtp, buffers].map(formatInteger).join(' | ')} |`,
    );
    expect({ total, active: costs.active, nonEmbedding, activeNonEmbedding, mtp, routerBias: buffers }).toEqual({
      total: entry.exact_total,
      active,
      nonEmbedding: entry.exact_non_embedding,
      activeNonEmbedding: active - entry.embed - entry.lm_head,
      mtp: entry.mtp_params,
      // Where the bias is a parameter it is part of the total.
      routerBias: entry.router_bias_counted ? 0 : entry.router_bias,
    });
    expect(routerBiasOf(model)).toBe(entry.router_bias);
  });

  // The reference leaves the heads of the study open.
  test.runIf(entry.name in files && knownModelTypes().includes(entry.config.model_type))(
    'is what its config.json says, and exports as one',
    () => {
      const written = modelOf(entry.name);
      const { value } = importJson(entry.config);
      if (value === null) throw new Error('Expected a model.');
      // A config of a recurrent model says no length.
      const expected =
        'max_position_embeddings' in entry.config || 'model_max_length' in entry.config
          ? written
          : { ...written, context: value.spec.context };
      expect(compareModels(expected, value.spec)).toEqual([]);
      expect(exportConfig(written, entry.config.model_type).problems).toEqual([]);
    },
  );
});

describe('the gallery', () => {
  test('has every entry of the reference, or knows which is missing', () => {
    for (const { name } of reference) {
      expect([name, name in files || name in studies]).toEqual([name, true]);
      const file = files[name];
      if (file !== undefined) expect([file, existsSync(fileOf(name))]).toEqual([file, !notYet.has(file)]);
    }
  });

  // What SupraLabs publishes is small already.
  const flagships = readdirSync(join(root, 'gallery')).filter(file => !file.startsWith('supra-'));

  test.each(flagships)(
    'the tiny version in %s keeps every kind of part, set alike, at 1 to 10 million parameters',
    file => {
      const [original, tiny] = analyze(readFileSync(join(root, 'gallery', file), 'utf8')).file.models.map(
        ({ spec }) => spec,
      );
      if (original === undefined || tiny === undefined) throw new Error(`Expected two models in ${file}.`);
      expect(tiny.name).toMatch(/^tiny_/);
      const { total } = costsOf(tiny);
      expect(total).toBeGreaterThan(1e6);
      expect(total).toBeLessThan(10e6);
      const partsOf = ({ kinds }: ModelSpec) =>
        new Set(
          kinds.flatMap(({ branches }) =>
            branches.map(({ body, position }) => JSON.stringify([ideasOf(body), position.id])),
          ),
        );
      expect(partsOf(tiny)).toEqual(partsOf(original));
      expect(tiny.mtp?.length).toBe(original.mtp?.length);
    },
  );
});
