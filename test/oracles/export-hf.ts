/**
 * Proves `supra export --to hf` against transformers itself, for every class that it writes: the goldens' configs, imported, written
 * as model files, trained for two steps with the command line, their weights replaced by random ones that all matter, exported as one
 * f32 file, as f32 in several files and as bf16, loaded by `from_pretrained` (record-hf.py), and compared by `supra verify`.
 *
 *   node esbuild.mjs --quiet
 *   node scripts/run-typescript.mjs test/oracles/export-hf.ts --python PYTHON [--only mamba,…] [--document] [--keep FOLDER]
 *
 * PYTHON needs torch, transformers and safetensors. `--document` writes the table into docs/export.md.
 */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual, parseArgs, promisify } from 'node:util';
import { type ModelSpec, modelWeights } from '../../src/architecture/model';
import { createRandom } from '../../src/base/random';
import { exportRun } from '../../src/exchange/export-run';
import { openCheckpoint } from '../../src/exchange/hugging-face/checkpoint';
import { families, familyOf } from '../../src/exchange/hugging-face/families';
import { importJson } from '../../src/exchange/hugging-face/import-config';
import { loadWeights } from '../../src/exchange/hugging-face/load-weights';
import { openSafetensors, writeSafetensors } from '../../src/exchange/safetensors';
import { writeModel } from '../../src/language/writing/write-model';
import { chooseCheckpoint, modelFile } from '../../src/runs/checkpoints';
import { findRun, type ReadableRun } from '../../src/runs/run-store';
import { loadRunTokenizer } from '../../src/training/run-tokenizer';
import { livelyValues } from '../support/lively-values';

const root = process.cwd();
const execute = promisify(execFile);

/** Forms of an exported folder, as options of `exportRun`. */
const forms = {
  f32: { type: 'f32' },
  files: { type: 'f32', fileBytes: 100_000 },
  bf16: { type: 'bf16' },
} as const;
type Form = keyof typeof forms;

/** Tokenizers in turn, as a `data` block says them. */
const tokenizers = ['bytes', 'bpe { vocab = 280 }', 'chars'] as const;
const vocab = 288;

const texts = [
  "Call me Ishmael. Some years ago, never mind how long: I'd 12345 tokens,\n\n  and two  blanks.",
  'the whale <|endoftext|> the sea',
  ' leading, trailing ',
];

/** What record-hf.py says of a folder. */
interface Loaded {
  readonly folder: string;
  /** Set where nothing else is: what transformers failed with. */
  readonly error?: string;
  readonly class: string;
  /** AutoModelForCausalLM knows the class. */
  readonly auto: boolean;
  /** Complaints of from_pretrained. */
  readonly loading: Readonly<Record<string, readonly string[]>>;
  readonly ids: readonly (readonly number[])[];
  readonly decoded: readonly string[];
  readonly end: number | null;
  readonly longest: number;
  readonly generation: Readonly<Record<string, unknown>>;
  readonly written: number;
}

interface Case {
  readonly name: string;
  readonly tokenizer: string;
  readonly spec: ModelSpec;
  readonly run: ReadableRun;
  readonly folders: Readonly<Record<Form, string>>;
  /** The class that the export chose. */
  readonly became: string;
}

interface Verified {
  readonly ok: boolean;
  readonly comparison: { readonly logits: number; readonly gradients: number; readonly sgdLosses: number };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      python: { type: 'string' },
      only: { type: 'string' },
      keep: { type: 'string' },
      document: { type: 'boolean', default: false },
    },
  });
  if (values.python === undefined) throw new Error('Expected --python, an interpreter with torch and transformers.');
  const work = values.keep === undefined ? mkdtempSync(join(tmpdir(), 'supra-export-')) : resolve(values.keep);
  const only = values.only?.split(',');
  try {
    const cases: Case[] = [];
    for (const [index, [name, config]] of Object.entries(configs()).entries()) {
      if (only !== undefined && !only.includes(name)) continue;
      cases.push(await exportCase(work, name, config, tokenizers[index % tokenizers.length] ?? 'bytes'));
    }
    const folders = cases.flatMap(each => Object.values(each.folders));
    const recorder = join(root, 'test/oracles/record-hf.py');
    const { stdout } = await execute(values.python, [recorder, '--texts', JSON.stringify(texts), ...folders], {
      maxBuffer: 2 ** 28,
    });
    const [versions = '{}', ...lines] = stdout.trim().split('\n');
    const loaded = new Map(lines.map(line => JSON.parse(line) as Loaded).map(each => [each.folder, each]));
    const rows: string[] = [];
    for (const each of cases) rows.push(await rowOf(each, loaded));
    const { torch, transformers } = JSON.parse(versions) as { torch: string; transformers: string };
    const table = [
      `Seen on ${new Date().toISOString().slice(0, 10)} with transformers ${transformers}, torch ${torch}.`,
      '',
      '| model | class in transformers | f32 | f32, several files | bf16 | gradients | tokenizer |',
      '| --- | --- | ---: | ---: | ---: | ---: | --- |',
      ...rows,
    ].join('\n');
    console.log(table);
    if (values.document) document(table);
  } finally {
    if (values.keep === undefined) rmSync(work, { recursive: true, force: true });
  }
}

/** A config for each golden, and for the classes that have none. */
function configs(): Readonly<Record<string, Record<string, unknown>>> {
  const goldens = join(root, 'test/fixtures/golden');
  const read = (name: string) => JSON.parse(readFileSync(join(goldens, name, 'config.json'), 'utf8'));
  const names = readdirSync(goldens).filter(name => existsSync(join(goldens, name, 'config.json')));
  const found: Record<string, Record<string, unknown>> = Object.fromEntries(names.map(name => [name, read(name)]));
  found.qwen2 = { ...found.qwen3, model_type: 'qwen2', head_dim: 12, layer_types: null };
  const types = new Set(Object.values(found).map(({ model_type: type }) => String(type)));
  for (const { types: known, className } of families)
    if (className !== null && !known.some(type => types.has(type)))
      throw new Error(`Expected a config of ${className}.`);
  return found;
}

/** Trains a model of this config for a moment, gives it random weights, and exports it in every form. */
async function exportCase(
  work: string,
  name: string,
  config: Record<string, unknown>,
  tokenizer: string,
): Promise<Case> {
  const { value, problems } = importJson({ ...config, vocab_size: vocab } as Parameters<typeof importJson>[0], name);
  if (value === null) throw new Error(problems.map(({ message }) => message).join(' '));
  const folder = join(work, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const spec = { ...value.spec, context: 32 };
  const train = `train { model = ${spec.name}  data = corpus  steps = 2  batch = 2  eval_every = 2  eval_tokens = 64 }`;
  const data = `data corpus { source = "moby-dick"  tokenizer ${tokenizer} }`;
  writeFileSync(join(folder, 'model.supra'), [writeModel(spec), data, train, ''].join('\n'));
  await supra(['train'], folder);
  const run = findRun(folder, 'last');
  const checkpoint = chooseCheckpoint(run, 'last');
  if (checkpoint === undefined) throw new Error(`Expected a checkpoint of ${name}.`);
  await enliven(spec, join(checkpoint.path, modelFile));
  const folders = { f32: join(folder, 'f32'), files: join(folder, 'files'), bf16: join(folder, 'bf16') };
  const became = new Set<string>();
  for (const form of Object.keys(forms) as Form[]) {
    const request = { run, to: 'hf', checkpoint: 'last', supra: 'oracle', out: folders[form] } as const;
    became.add((await exportRun({ ...request, ...forms[form] })).became);
  }
  return { name, tokenizer, spec, run, folders, became: [...became].join() };
}

/** Random values for every tensor of a file of weights. */
async function enliven(spec: ModelSpec, path: string): Promise<void> {
  const random = createRandom(3).split('lively');
  const file = await openSafetensors(path);
  const tensors = [];
  for (const entry of modelWeights(spec)) {
    const known = file.entries.get(entry.path);
    if (known === undefined) continue;
    const data = livelyValues(entry, await file.floats(entry.path), random.split(entry.path), 0.1);
    tensors.push({ name: entry.path, shape: known.shape, dtype: 'F32' as const, read: () => data });
  }
  if (tensors.length !== file.entries.size) throw new Error(`Expected a tensor of the model for each of ${path}.`);
  await file.close();
  await writeSafetensors(`${path}.new`, tensors);
  renameSync(`${path}.new`, path);
}

async function rowOf(each: Case, loaded: ReadonlyMap<string, Loaded>): Promise<string> {
  const troubles: string[] = [];
  const logits: Partial<Record<Form, number>> = {};
  let gradients = 0;
  let className = '';
  for (const form of Object.keys(forms) as Form[]) {
    const folder = each.folders[form];
    const theirs = loaded.get(folder);
    if (theirs === undefined) throw new Error(`Expected an answer for ${folder}.`);
    if (theirs.error !== undefined) {
      troubles.push(`${form}: ${theirs.error}`);
      continue;
    }
    className = theirs.class;
    troubles.push(...(await troublesOf(each, form, theirs)).map(trouble => `${form}: ${trouble}`));
    const { ok, comparison } = JSON.parse(await supra(['verify', folder], folder)) as Verified;
    logits[form] = comparison.logits;
    gradients = Math.max(gradients, comparison.gradients);
    if (!ok) troubles.push(`${form}: differs ${JSON.stringify(comparison)}`);
  }
  for (const trouble of troubles) console.error(`${each.name} ${trouble}`);
  if (troubles.length > 0) process.exitCode = 1;
  const short = (value = Number.NaN) => value.toExponential(1);
  const numbers = [logits.f32, logits.files, logits.bf16, gradients].map(short);
  return `| ${each.name} | ${className} | ${numbers.join(' | ')} | ${each.tokenizer.split(' ')[0]} |`;
}

/** What is wrong with what came along with the weights. */
async function troublesOf(each: Case, form: Form, theirs: Loaded): Promise<string[]> {
  const { run, spec, folders, became } = each;
  const troubles: string[] = [];
  const same = (what: string, found: unknown, wanted: unknown) => {
    if (!isDeepStrictEqual(found, wanted))
      troubles.push(`${what} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  };
  same('auto', theirs.auto, familyOf(became)?.auto !== false);
  for (const [complaint, names] of Object.entries(theirs.loading)) {
    // Prediction modules are kept in the folder and are no part of the class.
    const ahead = complaint === 'unexpected_keys' && spec.mtp !== undefined;
    const last = new RegExp(`^model\\.(layers\\.${spec.stack.length}|mtp)\\.|^mtp\\.`);
    const wrong = ahead ? names.filter(name => !last.test(name)) : names;
    if (wrong.length > 0) troubles.push(`${complaint}: ${wrong.join(', ')}`);
  }
  const tokenizer = await loadRunTokenizer(run.folder);
  const ids = texts.map(text => tokenizer.encode(text));
  same('ids', theirs.ids, ids);
  same(
    'decoded',
    theirs.decoded,
    ids.map(each => tokenizer.decode(each)),
  );
  same('end', theirs.end, tokenizer.endOfText);
  same('longest', theirs.longest, spec.context);
  const end = theirs.end === null ? {} : { bos_token_id: theirs.end, eos_token_id: theirs.end };
  same('generation', theirs.generation, { ...end, do_sample: true, temperature: 0.8 });
  if (theirs.written === 0 || theirs.written > 4) troubles.push(`generate wrote ${theirs.written} tokens`);
  if (form !== 'bf16' && !(await holdsWeights(each, folders[form]))) troubles.push('holds other weights than the run');
  return troubles;
}

/** Whether a folder holds the very numbers of the run's checkpoint. */
async function holdsWeights({ run, spec, became }: Case, folder: string): Promise<boolean> {
  const checkpoint = await openCheckpoint(folder);
  const { weights } = await loadWeights(spec, became, checkpoint);
  await checkpoint.close();
  const file = await openSafetensors(join(chooseCheckpoint(run, 'last')?.path ?? '', modelFile));
  const wrong: string[] = [];
  for (const name of file.entries.keys())
    if (!isDeepStrictEqual(weights.get(name), await file.floats(name))) wrong.push(name);
  await file.close();
  return wrong.length === 0 && weights.size === file.entries.size;
}

/** Runs the built command line; what it exits with is no failure where it prints. */
async function supra(words: readonly string[], cwd: string): Promise<string> {
  const command = [join(root, 'dist/cli.js'), ...words];
  const failed = (error: { readonly stdout?: string; readonly stderr?: string }) => {
    if (words[0] === 'verify' && error.stdout) return { stdout: error.stdout };
    throw new Error(`supra ${words.join(' ')} in ${cwd}: ${error.stderr}`);
  };
  const { stdout } = await execute(process.execPath, command, { cwd, maxBuffer: 2 ** 26 }).catch(failed);
  return stdout;
}

/** Puts the table between its marks. */
function document(table: string): void {
  const file = join(root, 'docs/export.md');
  const [before, rest = ''] = readFileSync(file, 'utf8').split('<!-- transformers: begin -->');
  const after = rest.split('<!-- transformers: end -->')[1];
  if (before === undefined || after === undefined) throw new Error(`Expected the marks of the table in ${file}.`);
  writeFileSync(file, `${before}<!-- transformers: begin -->\n${table}\n<!-- transformers: end -->${after}`);
}

void main();
