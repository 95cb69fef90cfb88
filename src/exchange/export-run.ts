import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { completeModel } from '../architecture/complete-spec';
import { costsOf } from '../architecture/costs';
import type { ModelSpec } from '../architecture/model';
import { averageFile, type Checkpoint, chooseCheckpoint, judgedWeightsFile } from '../runs/checkpoints';
import { runPaths } from '../runs/run-folder';
import { readHistory } from '../runs/run-history';
import type { ReadableRun } from '../runs/run-store';
import { ggufContent } from './gguf/export-gguf';
import { ggufArchitectureOf } from './gguf/find-architecture';
import { type GgufType, ggufTypes } from './gguf/number-types';
import { tokenizerMetadata } from './gguf/tokenizer-metadata';
import { writeGguf } from './gguf/write-gguf';
import { exportConfig } from './hugging-face/export-config';
import { type CardFacts, cardCurves, curvesFile, modelCard } from './hugging-face/model-card';
import { writeFolder } from './hugging-face/write-folder';
import { openSafetensors } from './safetensors';

/** What a trained model can be written as; the first number type of each is the one that is taken when none is asked for. */
export const exportFormats = {
  hf: { label: 'Hugging Face', doc: 'a folder that transformers loads', types: ['f32', 'bf16'] },
  gguf: { label: 'GGUF', doc: 'a file that llama.cpp runs', types: ggufTypes },
} as const satisfies Readonly<Record<string, { label: string; doc: string; types: readonly GgufType[] }>>;

export type ExportFormat = keyof typeof exportFormats;

export interface ExportRequest {
  readonly run: ReadableRun;
  readonly to: ExportFormat;
  /** How numbers are written; one of the format's. */
  readonly type: GgufType;
  /** The folder, or file, to write. */
  readonly out: string;
  readonly checkpoint: 'best' | 'last';
  /** Whether a file that is there may be replaced; folders never are. */
  readonly replace?: boolean;
  /** Bytes of one file of weights, where a folder's may be several; as large as transformers makes them when left out. */
  readonly fileBytes?: number;
  /** The version of Supra, for the model card. */
  readonly supra: string;
  readonly signal?: AbortSignal;
  /** Called with the share of tensors that are on their way. */
  onShare?(share: number): void;
}

export interface ExportedRun {
  /** The class of transformers, or the architecture of llama.cpp, that the model became. */
  readonly became: string;
  readonly step: number;
  /** The model card, where the format has one. */
  readonly card: string | null;
}

/** Why a run cannot be exported, for people. `unfit`: the format cannot hold the model. */
export class ExportError extends Error {
  constructor(
    message: string,
    readonly reason: 'unfit' | 'other' = 'other',
  ) {
    super(message);
    this.name = 'ExportError';
  }
}

/** The name that an export of this run has when none is given. */
export const exportName = (id: string, to: ExportFormat): string => (to === 'hf' ? `${id}-hf` : `${id}.gguf`);

/**
 * Writes a trained model in another format: whole, or not at all. Throws an ExportError when that is not possible, and the reason
 * of `signal` when it is aborted.
 */
export async function exportRun(request: ExportRequest): Promise<ExportedRun> {
  const { run, to, type, out, replace = false } = request;
  const { types, label } = exportFormats[to];
  if (!(types as readonly string[]).includes(type))
    throw new ExportError(`${label} is written as ${types.join(' or ')}, not as ${type}.`);
  const checkpoint = chooseCheckpoint(run, request.checkpoint);
  if (checkpoint === undefined)
    throw new ExportError(`${run.id} has no checkpoint yet. Train it further: supra resume ${run.id}`);
  if (existsSync(out) && !(replace && to === 'gguf'))
    throw new ExportError(`${out} is there already and is not overwritten. Choose another name.`);
  mkdirSync(dirname(out), { recursive: true });
  const source: Source = { ...request, checkpoint, spec: completeModel(run.record.spec.model) };
  return to === 'hf' ? exportFolder(source) : exportFile(source);
}

interface Source extends Omit<ExportRequest, 'checkpoint'> {
  readonly checkpoint: Checkpoint;
  readonly spec: ModelSpec;
}

async function exportFolder(source: Source): Promise<ExportedRun> {
  const { out, spec, checkpoint, run } = source;
  const { value, problems } = exportConfig(spec);
  if (value === null) throw new ExportError(problems.join('\n  '), 'unfit');
  const card = 'README.md';
  // Written aside, so that a folder of this name is whole or not there.
  const aside = join(dirname(out), `.writing-${process.pid}-${run.id}`);
  try {
    mkdirSync(aside);
    const end = endOfText(run.folder);
    // Without a word the classes take tokens 1 and 2, which mean something else here.
    const tokens = { bos_token_id: end?.id ?? null, eos_token_id: end?.id ?? null };
    await writeFolder(aside, spec, {
      config: { ...value.config, ...tokens },
      modelType: value.modelType,
      dtype: source.type === 'f32' ? 'F32' : 'BF16',
      read: await readerOf(source),
      ...(source.fileBytes === undefined ? {} : { fileBytes: source.fileBytes }),
    });
    const write = (name: string, content: unknown) =>
      writeFileSync(join(aside, name), `${JSON.stringify(content, null, 2)}\n`);
    writeFileSync(join(aside, 'tokenizer.json'), readFileSync(runPaths(run.folder).tokenizer));
    write('tokenizer_config.json', {
      tokenizer_class: 'PreTrainedTokenizerFast',
      model_max_length: spec.context,
      clean_up_tokenization_spaces: false,
      ...(end === null ? {} : { eos_token: end.token }),
    });
    write('generation_config.json', {
      do_sample: true,
      temperature: run.record.spec.train.temperature || 1,
      ...tokens,
    });
    const facts = await factsOf(source, value.modelType);
    writeFileSync(join(aside, card), modelCard(facts));
    const curves = cardCurves(facts);
    if (curves !== null) writeFileSync(join(aside, curvesFile), curves);
    renameSync(aside, out);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return { became: value.modelType, step: checkpoint.step, card: join(out, card) };
}

async function exportFile(source: Source): Promise<ExportedRun> {
  const { out, spec, checkpoint, run } = source;
  const { value: architecture, problems } = ggufArchitectureOf(spec);
  if (architecture === null) throw new ExportError(problems.join('\n  '), 'unfit');
  const json: unknown = JSON.parse(readFileSync(runPaths(run.folder).tokenizer, 'utf8'));
  const tokenizer = tokenizerMetadata(json, spec.vocab, endOfText(run.folder)?.id ?? null);
  if (tokenizer.value === null)
    throw new ExportError(`llama.cpp cannot read text as this model does. ${tokenizer.problem}`, 'unfit');
  const options = {
    name: run.record.name,
    type: source.type,
    tokenizer: tokenizer.value,
    read: await readerOf(source),
  };
  await writeGguf(out, ggufContent(spec, architecture, options));
  return { became: architecture.name, step: checkpoint.step, card: null };
}

/** Gives the tensors of a checkpoint by their paths; where progress is told and a wish to stop is heard. */
async function readerOf({ checkpoint, signal, onShare }: Source): Promise<(path: string) => Float32Array> {
  const weights = new Map<string, Float32Array>();
  const file = await openSafetensors(judgedWeightsFile(checkpoint.path));
  try {
    for (const name of file.entries.keys()) {
      signal?.throwIfAborted();
      weights.set(name, await file.floats(name));
    }
  } finally {
    await file.close();
  }
  const asked = new Set<string>();
  return path => {
    signal?.throwIfAborted();
    asked.add(path);
    onShare?.(asked.size / weights.size);
    const data = weights.get(path);
    if (data === undefined)
      throw new ExportError(`${basename(checkpoint.path)} lacks the tensor ${path}. It belongs to another model.`);
    return data;
  };
}

async function factsOf({ run, spec, checkpoint, supra }: Source, modelType: string): Promise<CardFacts> {
  const { source } = runPaths(run.folder);
  return {
    record: run.record,
    source: existsSync(source) ? readFileSync(source, 'utf8') : '',
    costs: costsOf(spec),
    modelType,
    step: checkpoint.step,
    averaged: judgedWeightsFile(checkpoint.path).endsWith(averageFile),
    history: await readHistory(run.folder),
    supra,
  };
}

/** The token that ends a document, as the run keeps it: by name beside its tokenizer. */
function endOfText(folder: string): { readonly token: string; readonly id: number } | null {
  const path = join(folder, 'tokenizer_config.json');
  if (!existsSync(path)) return null;
  const { eos_token: token } = JSON.parse(readFileSync(path, 'utf8')) as { readonly eos_token?: unknown };
  const { added_tokens: added = [] } = JSON.parse(readFileSync(runPaths(folder).tokenizer, 'utf8')) as {
    readonly added_tokens?: readonly { readonly id: number; readonly content: string }[];
  };
  const found = added.find(({ content }) => content === token);
  return found === undefined ? null : { token: found.content, id: found.id };
}
