import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelSpec } from '../../src/architecture/model';
import { createBpe } from '../../src/data/tokenizers/bpe';
import { createBytes } from '../../src/data/tokenizers/bytes';
import { charVocabulary, createChars } from '../../src/data/tokenizers/chars';
import type { Tokenizer } from '../../src/data/tokenizers/tokenizer';
import { createWordCounter, trainBpe } from '../../src/data/tokenizers/train-bpe';
import { useBackend } from '../../src/engine/backends/choose-backend';
import { ggufArchitectureOf, ggufContent } from '../../src/exchange/gguf/export-gguf';
import { type GgufType, ggufTypes } from '../../src/exchange/gguf/number-types';
import { tokenizerMetadata } from '../../src/exchange/gguf/tokenizer-metadata';
import { writeGguf } from '../../src/exchange/gguf/write-gguf';
import { importJson } from '../../src/exchange/hugging-face/import-config';
import { presentBackends } from '../support/backends';
import { lively } from '../support/lessons';

/** Tiny models of `fixtures/golden`, with what llama.cpp cannot hold changed, and the architecture that each becomes. */
const families: Readonly<Record<string, readonly [golden: string, becomes: string, changes?: object]>> = {
  llama: ['llama_gqa_llama3', 'llama'],
  'llama, tied': ['llama_mha_tied', 'llama'],
  mistral: ['mistral', 'llama', { sliding_window: null }],
  mixtral: ['mixtral', 'llama', { sliding_window: null }],
  qwen2: ['qwen3', 'qwen2', { model_type: 'qwen2', head_dim: 12, layer_types: null }],
  qwen3: ['qwen3', 'qwen3'],
  qwen3_moe: ['qwen3_moe', 'qwen3moe'],
  olmo2: ['olmo2', 'olmo2'],
  olmo3: ['olmo3', 'olmo2'],
  gemma2: ['gemma2', 'gemma2'],
  gemma3: ['gemma3_text', 'gemma3'],
  'gemma3, every second layer': [
    'gemma3_text',
    'gemma3',
    { layer_types: ['sliding_attention', 'full_attention'], num_hidden_layers: 2 },
  ],
  gpt_oss: ['gpt_oss', 'gpt-oss', { rope_parameters: { ...yarnOf('gpt_oss'), truncate: true } }],
  deepseek_v3: ['deepseek_v3', 'deepseek2'],
  kimi_k2: ['kimi_k2', 'deepseek2'],
  mamba: ['mamba', 'mamba'],
  mamba2: ['mamba2', 'mamba2'],
};

/**
 * Largest difference of a probability from our engine's in f32. llama.cpp looks GELU up in a table of half precision, which alone
 * moves logits by thousandths.
 */
const allowed = (becomes: string): number => (becomes.startsWith('gemma') ? 1e-3 : 1e-5);
/** In coarser numbers single tokens may choose other experts: the mean over tokens of the probability that moved. */
const moved: Readonly<Record<GgufType, number>> = { f32: 1e-3, f16: 0.01, bf16: 0.05, q8_0: 0.1 };

const tokens = Array.from({ length: 24 }, (_, index) => (index * 37 + 11) % 256);
const text = "Call me Ishmael. Some years ago—never mind how long—I'd 12345 tokens,\n\n  and naïve ideas ✓ 🐋.";
const vocab = 288;

const folder = mkdtempSync(join(tmpdir(), 'supra-gguf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Answer {
  readonly probabilities: readonly (readonly number[])[];
  readonly ids: readonly number[];
}

const ours = new Map<string, readonly (readonly number[])[]>();
const theirs = new Map<string, Answer>();
let unavailable: string | null = null;
const tokenizers: Record<string, Tokenizer> = {};

beforeAll(async () => {
  const [backend] = presentBackends;
  if (backend !== undefined) await useBackend(backend);
  const words = createWordCounter();
  words.add(text.repeat(3));
  tokenizers.bytes = createBytes(true);
  tokenizers.bpe = createBpe(await trainBpe(words.counts, { vocabSize: vocab }));
  tokenizers.chars = createChars(charVocabulary(text));
  const files: string[] = [];
  const add = (name: string) => {
    files.push(name);
    return join(folder, `${files.length - 1}.gguf`);
  };
  for (const [family, [, becomes]] of Object.entries(families)) {
    const spec = specOf(family);
    const { value, problems } = ggufArchitectureOf(spec);
    if (value === null) throw new Error(`${family}: ${problems.join('\n')}`);
    expect(value.name).toBe(becomes);
    const model = lively(spec, 3);
    const inputs = Int32Array.from(tokens);
    const logits = model.logits({ batch: 1, seq: tokens.length, inputs });
    ours.set(
      family,
      tokens.map((_, at) => softmax(logits.slice(at * spec.vocab, (at + 1) * spec.vocab))),
    );
    for (const type of typesOf(family)) {
      const content = { name: family, type, read: (path: string) => model.readWeight(path) };
      await writeGguf(
        add(`${family} ${type}`),
        ggufContent(spec, value, { ...content, tokenizer: metadataOf(createBytes(true)) }),
      );
      if (family !== 'mistral' || type !== 'f32') continue;
      for (const [kind, tokenizer] of Object.entries(tokenizers))
        await writeGguf(add(kind), ggufContent(spec, value, { ...content, tokenizer: metadataOf(tokenizer) }));
    }
    model.dispose();
  }
  const request = { files: files.map((_, index) => join(folder, `${index}.gguf`)), tokens, text };
  const oracle = join(import.meta.dirname, '..', 'oracles', 'llama-cpp.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [oracle, JSON.stringify(request)], {
    maxBuffer: 2 ** 28,
  });
  const answers = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Answer & { readonly unavailable?: string });
  unavailable = answers[0]?.unavailable ?? null;
  if (unavailable === null)
    for (const [index, name] of files.entries()) theirs.set(name, answers[index] ?? missing(name));
  else console.warn(`NOT TESTED against llama.cpp: its library cannot be loaded on this machine. ${unavailable}`);
}, 120_000);

describe.each(Object.keys(families))('%s', family => {
  test.each(typesOf(family))('%s: llama.cpp predicts what our engine predicts', type => {
    if (unavailable !== null) return;
    const { largest, share } = compare(ours.get(family) ?? [], theirs.get(`${family} ${type}`)?.probabilities ?? []);
    if (process.env.SUPRA_SHOW_GOLDEN) console.log(family, type, { largest, share });
    if (type === 'f32') expect(largest).toBeLessThanOrEqual(allowed(families[family]?.[1] ?? ''));
    expect(share).toBeLessThanOrEqual(moved[type]);
  });
});

test.each(['bytes', 'bpe', 'chars'])('%s: llama.cpp reads text as we do', kind => {
  if (unavailable !== null) return;
  expect(theirs.get(kind)?.ids).toEqual(tokenizers[kind]?.encode(text));
});

/** Largest difference of a probability, and how much probability moved, as a mean over the tokens. */
function compare(mine: readonly (readonly number[])[], others: readonly (readonly number[])[]) {
  let largest = 0;
  let share = 0;
  for (const [at, row] of mine.entries()) {
    expect(others[at]).toHaveLength(row.length);
    for (const [token, probability] of row.entries()) {
      const difference = Math.abs(probability - (others[at]?.[token] ?? Number.NaN));
      if (!(difference <= largest)) largest = difference;
      share += difference / 2 / mine.length;
    }
  }
  return { largest, share };
}

function softmax(logits: Float32Array): readonly number[] {
  const most = logits.reduce((a, b) => Math.max(a, b));
  const powers = Array.from(logits, logit => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map(power => power / sum);
}

function metadataOf(tokenizer: Tokenizer) {
  const { value, problem } = tokenizerMetadata(tokenizer.toJson(), vocab, tokenizer.endOfText);
  if (value === null) throw new Error(problem);
  return value;
}

function specOf(family: string): ModelSpec {
  const [golden = '', , changes = {}] = families[family] ?? [];
  const { value, problems } = importJson({ ...configOf(golden), ...changes, vocab_size: vocab });
  if (value === null) throw new Error(problems.map(({ message }) => message).join(' '));
  return value.spec;
}

function configOf(golden: string) {
  return JSON.parse(readFileSync(join(import.meta.dirname, '..', 'fixtures', 'golden', golden, 'config.json'), 'utf8'));
}

function yarnOf(golden: string): object {
  return configOf(golden).rope_parameters;
}

function typesOf(family: string): readonly GgufType[] {
  return family === 'llama' ? ggufTypes : ['f32', 'q8_0'];
}

function missing(name: string): never {
  throw new Error(`llama.cpp gave no answer for ${name}.`);
}
