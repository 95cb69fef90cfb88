import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ModelSpec } from '../../src/architecture/model';
import { createBpe } from '../../src/data/tokenizers/bpe';
import { createBytes } from '../../src/data/tokenizers/bytes';
import { charVocabulary, createChars } from '../../src/data/tokenizers/chars';
import type { Tokenizer } from '../../src/data/tokenizers/tokenizer';
import { createWordCounter, trainBpe } from '../../src/data/tokenizers/train-bpe';
import { useBackend } from '../../src/engine/backends/choose-backend';
import { ggufContent } from '../../src/exchange/gguf/export-gguf';
import { ggufArchitectureOf } from '../../src/exchange/gguf/find-architecture';
import { type GgufType, ggufTypes } from '../../src/exchange/gguf/number-types';
import { tokenizerMetadata } from '../../src/exchange/gguf/tokenizer-metadata';
import { type GgufContent, writeGguf } from '../../src/exchange/gguf/write-gguf';
import { importJson } from '../../src/exchange/hugging-face/import-config';
import { presentBackends } from '../support/backends';
import { lively } from '../support/lessons';

interface Family {
  /** Its config in `fixtures/golden`. */
  readonly golden: string;
  /** The architecture of llama.cpp. */
  readonly becomes: string;
  /** What llama.cpp cannot hold of the golden, otherwise. */
  readonly changes?: object;
  /**
   * Sizes whose rows are whole blocks of q8_0; where there are none, only f32 is written. All experts answer here: in coarse
   * numbers others may be chosen than in ours, and which are chosen shows in f32.
   */
  readonly wide?: object;
}

const families: Readonly<Record<string, Family>> = {
  llama: { golden: 'llama_gqa_llama3', becomes: 'llama', wide: {} },
  'llama, tied': { golden: 'llama_mha_tied', becomes: 'llama' },
  mistral: {
    golden: 'mistral',
    becomes: 'llama',
    changes: { sliding_window: null },
    wide: { hidden_size: 64, head_dim: 24 },
  },
  mixtral: {
    golden: 'mixtral',
    becomes: 'llama',
    changes: { sliding_window: null },
    wide: { hidden_size: 64, head_dim: 16, num_experts_per_tok: 4 },
  },
  qwen2: {
    golden: 'qwen3',
    becomes: 'qwen2',
    changes: { model_type: 'qwen2', head_dim: 12, layer_types: null },
    wide: { hidden_size: 64, head_dim: 16 },
  },
  qwen3: { golden: 'qwen3', becomes: 'qwen3', wide: { hidden_size: 64, head_dim: 24 } },
  qwen3_moe: {
    golden: 'qwen3_moe',
    becomes: 'qwen3moe',
    wide: { hidden_size: 64, moe_intermediate_size: 32, num_experts_per_tok: 8 },
  },
  olmo2: { golden: 'olmo2', becomes: 'olmo2', wide: { hidden_size: 64 } },
  olmo3: {
    golden: 'olmo3',
    becomes: 'olmo2',
    wide: { hidden_size: 64, intermediate_size: 96, num_attention_heads: 4, num_key_value_heads: 4 },
  },
  gemma2: { golden: 'gemma2', becomes: 'gemma2', wide: { hidden_size: 64, intermediate_size: 96 } },
  gemma3: { golden: 'gemma3_text', becomes: 'gemma3', wide: { hidden_size: 64, intermediate_size: 96 } },
  'gemma3, every second layer': {
    golden: 'gemma3_text',
    becomes: 'gemma3',
    changes: { layer_types: ['sliding_attention', 'full_attention'], num_hidden_layers: 2 },
  },
  gpt_oss: {
    golden: 'gpt_oss',
    becomes: 'gpt-oss',
    changes: { rope_parameters: { ...yarnOf('gpt_oss'), truncate: true } },
    wide: { hidden_size: 64, intermediate_size: 32, num_experts_per_tok: 4 },
  },
  deepseek_v3: {
    golden: 'deepseek_v3',
    becomes: 'deepseek2',
    wide: { ...wideLatents(), num_experts_per_tok: 8, topk_group: 4 },
  },
  kimi_k2: {
    golden: 'kimi_k2',
    becomes: 'deepseek2',
    wide: { ...wideLatents(), hidden_size: 64, num_experts_per_tok: 12 },
  },
  mamba: { golden: 'mamba', becomes: 'mamba', wide: { hidden_size: 64, intermediate_size: 128, time_step_rank: 32 } },
  mamba2: { golden: 'mamba2', becomes: 'mamba2', wide: { hidden_size: 64, num_heads: 8 } },
};

/** Rows of latent attention that are whole blocks. */
function wideLatents(): object {
  const latents = { q_lora_rank: 32, kv_lora_rank: 32, qk_nope_head_dim: 32, v_head_dim: 16, num_attention_heads: 4 };
  return { ...latents, num_key_value_heads: 4, intermediate_size: 64, moe_intermediate_size: 32 };
}

/** What is compared: each type at the sizes that it is written at. */
const cases = Object.entries(families).flatMap(([family, { wide }]) =>
  ggufTypes
    .filter(type => type === 'f32' || wide !== undefined)
    .map(type => ({ family, type, isWide: type !== 'f32', name: `${family} ${type}` })),
);

/**
 * Largest difference of a probability from our engine's in f32. llama.cpp looks GELU up in a table of half precision, which alone
 * moves logits by thousandths.
 */
const allowed = (becomes: string): number => (becomes.startsWith('gemma') ? 1e-3 : 1e-5);
/** In coarser numbers: the mean over tokens of the probability that moved. About twice what was seen (docs/export.md). */
const moved: Readonly<Record<GgufType, number>> = { f32: 1e-3, f16: 0.002, bf16: 0.015, q8_0: 0.06 };

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
  for (const { family, type, isWide, name } of cases) {
    const spec = specOf(family, isWide);
    const { value, problems } = ggufArchitectureOf(spec);
    if (value === null) throw new Error(`${family}: ${problems.join('\n')}`);
    expect(value.name).toBe(families[family]?.becomes);
    // Calmer where numbers are coarse: rounding errors grow less on their way through the layers.
    const model = lively(spec, 3, isWide ? 0.15 : 0.25);
    const logits = model.logits({ batch: 1, seq: tokens.length, inputs: Int32Array.from(tokens) });
    ours.set(
      name,
      tokens.map((_, at) => softmax(logits.slice(at * spec.vocab, (at + 1) * spec.vocab))),
    );
    const content = { name: family, type, read: (path: string) => model.readWeight(path) };
    const described = ggufContent(spec, value, { ...content, tokenizer: metadataOf(createBytes(true)) });
    if (isWide) expect(`${family}: ${matricesOtherThan(type, described).join()}`).toBe(`${family}: `);
    await writeGguf(add(name), described);
    if (name === 'mistral f32')
      for (const [kind, tokenizer] of Object.entries(tokenizers))
        await writeGguf(add(kind), ggufContent(spec, value, { ...content, tokenizer: metadataOf(tokenizer) }));
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

test.each(cases)('$name: llama.cpp predicts what our engine predicts', ({ family, type, name }) => {
  if (unavailable !== null) return;
  const { largest, share } = compare(ours.get(name) ?? [], theirs.get(name)?.probabilities ?? []);
  if (process.env.SUPRA_SHOW_GOLDEN) console.log(name, { largest, share });
  if (type === 'f32') expect(largest).toBeLessThanOrEqual(allowed(families[family]?.becomes ?? ''));
  expect(share).toBeLessThanOrEqual(moved[type]);
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

/** Matrices of a file that are not of its type: a file that falls back to another type shows nothing about this one. */
function matricesOtherThan(type: GgufType, { tensors }: GgufContent): readonly string[] {
  // Vectors, routers and convolutions are f32 in every file.
  const isMatrix = ({ name, shape }: GgufContent['tensors'][number]) =>
    shape.length > 1 && /\.weight$/.test(name) && !/ffn_gate_inp|ssm_conv1d|norm/.test(name);
  return tensors.filter(tensor => isMatrix(tensor) && tensor.type !== type).map(({ name }) => name);
}

function specOf(family: string, isWide: boolean): ModelSpec {
  const { golden = '', changes = {}, wide = {} } = families[family] ?? {};
  const config = { ...configOf(golden), ...changes, ...(isWide ? wide : {}), vocab_size: vocab };
  const { value, problems } = importJson(config);
  if (value === null) throw new Error(problems.map(({ message }) => message).join(' '));
  return value.spec;
}

function configOf(golden: string) {
  return JSON.parse(readFileSync(join(import.meta.dirname, '..', 'fixtures', 'golden', golden, 'config.json'), 'utf8'));
}

function yarnOf(golden: string): object {
  return configOf(golden).rope_parameters;
}

function missing(name: string): never {
  throw new Error(`llama.cpp gave no answer for ${name}.`);
}
