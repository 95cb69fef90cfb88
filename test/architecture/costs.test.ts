import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cacheElementBytes, costsOf, trainingMemory } from '../../src/architecture/costs';
import type { ModelSpec } from '../../src/architecture/model';
import { lineAt, lineIndex } from '../../src/base/text';
import { analyze } from '../../src/language/analysis/analyze';
import { runChecks } from '../../src/language/analysis/checks/run-checks';
import { isSuppressed, suppressionsOf } from '../../src/language/analysis/suppressions';
import dense from '../fixtures/reference/dense.json';
import { modelFile, studyModel } from '../support/model-file';

const gallery = join(__dirname, '../../gallery');

/** Name in the reference to file in the gallery. */
const files: Readonly<Record<string, string>> = {
  'Llama 3.2 1B': 'llama-3.2-1b',
  'Mistral 7B v0.1': 'mistral-7b',
  'Mistral Small 3.1 24B (text)': 'mistral-small-3.1',
  'Qwen3 0.6B': 'qwen3-0.6b',
  'OLMo 2 7B': 'olmo-2-7b',
  'Olmo 3 7B': 'olmo-3-7b',
  'Gemma 3 1B': 'gemma-3-1b',
  'SmolLM3 3B': 'smollm3-3b',
  'Mamba 130m': 'mamba-130m',
  'Mamba-2 130m': 'mamba-2-130m',
  'SupraLabs Supra Mini v4 2M': 'supra-mini-v4',
};

const shape = (layers: number, hidden: number) => modelFile({ ...studyModel, layers, hidden });

/** The founding study, as text. */
const studies: Readonly<Record<string, string>> = {
  'Experiment 4 Llama 12x128': shape(12, 128),
  'Experiment 4 Llama 6x192': shape(6, 192),
  'Experiment 4 Llama 3x256': shape(3, 256),
};

function modelOf(text: string): ModelSpec {
  const { file, problems } = analyze(text);
  expect(problems).toEqual([]);
  const spec = file.models[0]?.spec;
  if (spec === undefined) throw new Error('Expected a model.');
  return spec;
}

const textOf = (name: string) => studies[name] ?? readFileSync(join(gallery, `${files[name]}.supra`), 'utf8');

describe('totals equal those of Hugging Face transformers, to the last digit', () => {
  test.each(dense)('$name', ({ name, exact_total, exact_non_embedding }) => {
    const costs = costsOf(modelOf(textOf(name)));
    expect(costs.total).toBe(exact_total);
    expect(costs.active).toBe(exact_total);
    expect(costs.nonEmbedding).toBe(exact_non_embedding);
  });

  test('every dense entry of the reference is covered', () => {
    for (const { name } of dense) expect(name in files || name in studies).toBe(true);
  });
});

test.each(readdirSync(gallery))('%s has no problem and no warning', name => {
  const text = readFileSync(join(gallery, name), 'utf8');
  const { document, file, problems } = analyze(text);
  expect(problems).toEqual([]);
  // Tiny versions keep ideas that do not pay at their size, and say so.
  const silenced = suppressionsOf(document);
  const lines = lineIndex(text);
  expect(runChecks(file).filter(doubt => !isSuppressed(silenced, lineAt(lines, doubt.start), doubt))).toEqual([]);
});

describe('costs of Llama 3.2 1B, worked out by hand', () => {
  const costs = costsOf(modelOf(textOf('Llama 3.2 1B')));

  test('FLOPs: two per matrix element, the tied head included, and two products over the visible tokens', () => {
    const matrices = 16 * (2048 * (2048 + 512 + 512 + 2048) + 3 * 2048 * 8192) + 128256 * 2048;
    const scores = 16 * 2 * 2 * 2048 * ((131072 + 1) / 2);
    expect(costs.forwardFlopsPerToken).toBe(2 * matrices + scores);
    expect(costs.trainingFlopsPerToken).toBe(3 * costs.forwardFlopsPerToken);
  });

  test('cache: keys and values of 8 heads of 64 in 16 layers', () => {
    expect(costs.cacheElementsPerToken).toBe(16 * 2 * 8 * 64);
    expect(costs.cacheElements * cacheElementBytes).toBe(4 * 1024 ** 3);
  });
});

test('a window bounds the cache and the scores of its layers', () => {
  const windowed = costsOf(modelOf(textOf('Mistral 7B v0.1')));
  expect(windowed.cacheElements).toBe(32 * 2 * 8 * 128 * 4096);
  expect(windowed.cacheElementsPerToken).toBe(32 * 2 * 8 * 128);
});

test('training memory grows with the batch only by what the backward pass needs', () => {
  const model = modelOf(shape(3, 256));
  const memory = (batch: number) => trainingMemory({ model, train: { ...train, batch } });
  const [one, two] = [memory(1), memory(2)];
  expect(two.activationsBytes).toBe(2 * one.activationsBytes);
  expect(two.totalBytes - one.totalBytes).toBe(one.activationsBytes);
  expect(one.weightsBytes).toBe(5_244_672 * 4);
  expect(one.optimizerBytes).toBe(2 * one.weightsBytes);
});

const train = {
  batch: 16,
  accumulate: 1,
  steps: 10,
  clip: 1,
  precision: 'fp32',
  seed: 1,
  evalEvery: 10,
  evalTokens: 1,
  patience: null,
  sampleEvery: 10,
  sampleTokens: 1,
  temperature: 1,
  prompts: [],
  checkpointEvery: 10,
  keep: 1,
  optimizer: { id: 'optimizer.adamw', config: {} },
  schedule: { id: 'schedule.constant', config: {} },
} as const;
