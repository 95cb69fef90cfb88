import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type CacheMeta, cacheVersion, readCacheEntry, writeCacheEntry, writeSynced } from './cache-entry';
import { openPackedWriter, openTokenReader, type TokenReader, tokenWidth } from './packed-file';
import {
  DataError,
  type DataProblem,
  type DataResult,
  dataError,
  dataWarning,
  problemFromSystemError,
} from './problems';
import { readDocuments } from './read-documents';
import { type ResolvedSource, resolveSource } from './sources';
import { planSplit, type SplitPlan, splitDocuments } from './split-documents';
import { createBpe } from './tokenizers/bpe';
import { createBytes } from './tokenizers/bytes';
import { charVocabulary, createChars } from './tokenizers/chars';
import { type LoadedTokenizer, loadTokenizer, loadWorkspaceTokenizer } from './tokenizers/load-tokenizer';
import { documentSeparator, type Tokenizer } from './tokenizers/tokenizer';
import { createWordCounter, smallestBpeVocabulary, trainBpe } from './tokenizers/train-bpe';

export type TokenizerOptions =
  | { readonly kind: 'bytes'; readonly endOfText?: boolean }
  | { readonly kind: 'chars' }
  | { readonly kind: 'bpe'; readonly vocab: number }
  | { readonly kind: 'hf'; readonly file: string };

export interface DataOptions {
  /** Glob or file inside the workspace folder, `moby-dick`, `sotu`, or null for the bundled sample. */
  readonly source: string | null;
  /** Field of a JSON line that holds the text. Default `text`. */
  readonly textField?: string;
  readonly tokenizer: TokenizerOptions;
  /** Fraction held out for validation, 0 to 0.5. */
  readonly holdout: number;
  /**
   * Chooses what is held out. Default 0. Runs that are compared must share it, so give it the seed of the data
   * block, not that of the training.
   */
  readonly seed?: number;
  /** Window length of the model, to be told at once when the data is shorter. */
  readonly context?: number;
}

export interface PrepareProgress {
  /** Finding and fingerprinting files, reading documents, making the tokenizer, writing tokens. */
  readonly phase: 'find' | 'scan' | 'tokenizer' | 'pack';
  /** Of this phase, 0 to 1. */
  readonly fraction: number;
}

export interface PrepareContext {
  /** The workspace folder: relative names start here and nothing outside it is read. */
  readonly root: string;
  /** Usually `<root>/.supra/cache`. Made when missing. */
  readonly cacheDir: string;
  readonly onProgress?: ((progress: PrepareProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The tokens of one side of the split, and how much text they are. */
export interface PreparedPart extends TokenReader {
  /** UTF-8 bytes of the text: loss in nats per token x tokens / (bytes x ln 2) is bits per byte. */
  readonly bytes: number;
  readonly documents: number;
}

export interface PreparedData {
  /** Identifies content, tokenizer, split and format: equal hashes mean equal tokens. */
  readonly hash: string;
  readonly folder: string;
  readonly title: string;
  readonly tokenizer: Tokenizer;
  /** Path of the tokenizer as Hugging Face `tokenizer.json`. */
  readonly tokenizerFile: string;
  readonly train: PreparedPart;
  /** Without holdout it has no tokens. */
  readonly validation: PreparedPart;
  /** Bytes of text per token over both sides. */
  readonly bytesPerToken: number;
  readonly split: SplitPlan['kind'];
  /** Whether nothing had to be tokenized. */
  readonly fromCache: boolean;
  close(): void;
}

/** Learning words from more text than this changes little and takes long. */
const mostTokenizerBytes = 64 * 1024 * 1024;

/**
 * From a data block to tokens that can be trained on: finds the files, and unless the cache has them already splits,
 * makes the tokenizer from the training side only, and packs the tokens into `<cacheDir>/<hash>/`.
 *
 * Problems of data, options and disk come back as values. Rejects with the signal's reason when aborted.
 */
export async function prepareData(options: DataOptions, context: PrepareContext): Promise<DataResult<PreparedData>> {
  const invalid = checkOptions(options);
  if (invalid !== null) return { value: null, problems: [invalid] };
  try {
    return await prepare(options, context);
  } catch (error) {
    context.signal?.throwIfAborted();
    if (error instanceof DataError) return { value: null, problems: [error.problem] };
    const problem = problemFromSystemError(error, 'Preparing the data', context.cacheDir);
    if (problem !== null) return { value: null, problems: [problem] };
    throw error;
  }
}

async function prepare(options: DataOptions, context: PrepareContext): Promise<DataResult<PreparedData>> {
  const { root, cacheDir, onProgress, signal } = context;
  signal?.throwIfAborted();
  const source = await resolveSource({
    source: options.source,
    root,
    signal,
    onProgress: fraction => onProgress?.({ phase: 'find', fraction }),
  });
  const given = options.tokenizer.kind === 'hf' ? await loadWorkspaceTokenizer(options.tokenizer.file, root) : null;
  const hash = hashOf(source, options, given);
  const folder = join(cacheDir, hash);
  for (let attempt = 1; ; attempt++) {
    const meta = await readCacheEntry(folder);
    if (meta !== null) return open(meta, folder, source.title, attempt === 1, options.context);
    // A second round happens when another process replaced the entry between writing and opening it.
    if (attempt === 4) throw new Error(`The cache entry ${folder} is broken again right after it was written`);
    await writeCacheEntry(cacheDir, hash, target => build(target, { source, options, context, given, hash }));
  }
}

function hashOf(source: ResolvedSource, options: DataOptions, given: LoadedTokenizer | null): string {
  const tokenizer = given === null ? options.tokenizer : { json: given.tokenizer.toJson(), end: given.endToken };
  const hasJson = source.files.some(file => file.format === 'json-lines');
  const parts = {
    version: cacheVersion,
    files: source.files.map(file => [file.format, file.fingerprint]),
    textField: hasJson ? textFieldOf(options) : null,
    tokenizer,
    holdout: options.holdout,
    seed: options.seed ?? 0,
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

interface BuildInputs {
  readonly source: ResolvedSource;
  readonly options: DataOptions;
  readonly context: PrepareContext;
  readonly given: LoadedTokenizer | null;
  readonly hash: string;
}

async function build(folder: string, { source, options, context, given, hash }: BuildInputs): Promise<CacheMeta> {
  const warnings: DataProblem[] = [];
  const { holdout, seed = 0 } = options;
  const documents = (phase: PrepareProgress['phase'], share = 1) =>
    readDocuments(source, {
      textField: textFieldOf(options),
      signal: context.signal,
      onProgress: fraction => context.onProgress?.({ phase, fraction: fraction * share }),
      onWarning: phase === 'scan' ? warning => warnings.push(warning) : undefined,
    });

  const plan = await planSplit(documents('scan'), { holdout, seed });
  if (plan.documentBytes.length === 0) throw emptySource(source);
  const tokenizer = given?.tokenizer ?? (await makeTokenizer(options.tokenizer, plan, documents, context, warnings));
  const width = tokenWidth(tokenizer.vocabSize);
  const separator = documentSeparator(tokenizer);
  const separatorBytes = tokenizer.endOfText === null ? 1 : 0;
  const parts = {
    train: {
      file: 'train.bin',
      writer: await openPackedWriter(join(folder, 'train.bin'), width),
      bytes: 0,
      documents: 0,
    },
    validation: {
      file: 'validation.bin',
      writer: await openPackedWriter(join(folder, 'validation.bin'), width),
      bytes: 0,
      documents: 0,
    },
  };
  try {
    for await (const { part, text, last } of splitDocuments(documents('pack'), plan)) {
      context.signal?.throwIfAborted();
      const target = parts[part];
      target.bytes += Buffer.byteLength(text);
      await target.writer.write(tokenizer.encode(text));
      if (!last) continue;
      target.bytes += separatorBytes;
      target.documents++;
      await target.writer.write(separator);
    }
    context.signal?.throwIfAborted();
    const finish = async ({ file, writer, bytes, documents: count }: (typeof parts)['train']) => ({
      ...{ file, bytes, documents: count },
      ...(await writer.finish()),
    });
    const train = await finish(parts.train);
    const validation = await finish(parts.validation);
    const json = JSON.stringify(tokenizer.toJson());
    await writeSynced(join(folder, 'tokenizer.json'), json);
    return {
      version: cacheVersion,
      hash,
      width,
      tokenizer: {
        file: 'tokenizer.json',
        kind: tokenizer.kind,
        vocabSize: tokenizer.vocabSize,
        endToken: given?.endToken ?? null,
        sha256: createHash('sha256').update(json).digest('hex'),
      },
      split: { kind: plan.kind, holdout, seed },
      train,
      validation,
      sources: source.files.map(({ name, bytes, fingerprint }) => ({ name, bytes, fingerprint })),
      warnings: warnings as CacheMeta['warnings'],
    };
  } finally {
    await parts.train.writer.abandon();
    await parts.validation.writer.abandon();
  }
}

type Documents = (phase: PrepareProgress['phase'], share?: number) => ReturnType<typeof readDocuments>;

async function makeTokenizer(
  options: TokenizerOptions,
  plan: SplitPlan,
  documents: Documents,
  { onProgress, signal }: PrepareContext,
  warnings: DataProblem[],
): Promise<Tokenizer> {
  switch (options.kind) {
    case 'bytes':
      return createBytes(options.endOfText);
    case 'hf':
      throw new Error('A tokenizer from a file is loaded, not made');
    case 'chars': {
      const seen = new Set<string>();
      for await (const { part, text } of splitDocuments(documents('tokenizer'), plan)) {
        if (part === 'train') for (const character of text) seen.add(character);
      }
      return createChars(charVocabulary(seen));
    }
    case 'bpe': {
      const total = plan.documentBytes.reduce((sum, bytes) => sum + bytes, 0);
      const every = Math.ceil(total / mostTokenizerBytes);
      const words = createWordCounter();
      let piece = 0;
      for await (const { part, text } of splitDocuments(documents('tokenizer', 0.7), plan)) {
        if (part === 'train' && piece++ % every === 0) words.add(text);
      }
      const vocabulary = await trainBpe(words.counts, {
        vocabSize: options.vocab,
        signal,
        onProgress: fraction => onProgress?.({ phase: 'tokenizer', fraction: 0.7 + 0.3 * fraction }),
      });
      const learned = vocabulary.tokens.length;
      if (learned < options.vocab) {
        warnings.push(
          dataWarning('vocabulary-short', {
            what: `The tokenizer has ${learned} tokens, not the ${options.vocab} that were asked for.`,
            why: 'No further pair of tokens occurs twice in the training text.',
            todo: `Use more text, or vocab = ${learned}.`,
          }),
        );
      }
      return createBpe(vocabulary);
    }
  }
}

async function open(
  meta: CacheMeta,
  folder: string,
  title: string,
  fromCache: boolean,
  contextLength: number | undefined,
): Promise<DataResult<PreparedData>> {
  const problems: DataProblem[] = [...meta.warnings];
  const needed = (contextLength ?? 1) + 1;
  if (meta.train.tokens < needed) {
    const have = `${meta.train.tokens} tokens (${meta.train.bytes} bytes in ${meta.train.documents} documents)`;
    problems.push(
      dataError('too-small', {
        what: `The training text has only ${have}.`,
        why: `One window of context ${needed - 1} needs ${needed}: each token and the one after it.`,
        todo: 'Use more text, a smaller context or a smaller holdout.',
      }),
    );
    return { value: null, problems };
  }
  if (meta.split.holdout > 0 && meta.validation.tokens < needed) {
    problems.push(
      dataWarning('too-small', {
        what: `The validation text has only ${meta.validation.tokens} tokens.`,
        why: `A full window of context ${needed - 1} needs ${needed}.`,
        todo: 'Use more text, a smaller context or a larger holdout.',
      }),
    );
  }
  const tokenizerFile = join(folder, meta.tokenizer.file);
  const { tokenizer } = await loadTokenizer(tokenizerFile, tokenizerFile, meta.tokenizer.endToken);
  const openPart = ({ file, bytes, documents }: CacheMeta['train']): PreparedPart => {
    const reader = openTokenReader(join(folder, file), meta.width);
    return { ...reader, bytes, documents };
  };
  const train = openPart(meta.train);
  const validation = openPart(meta.validation);
  const tokens = train.tokens + validation.tokens;
  const value: PreparedData = {
    hash: meta.hash,
    folder,
    title,
    tokenizer,
    tokenizerFile,
    train,
    validation,
    bytesPerToken: (train.bytes + validation.bytes) / tokens,
    split: meta.split.kind,
    fromCache,
    close() {
      train.close();
      validation.close();
    },
  };
  return { value, problems };
}

function textFieldOf(options: DataOptions): string {
  return options.textField ?? 'text';
}

function emptySource(source: ResolvedSource): DataError {
  const files = source.files.length === 1 ? 'One file' : `${source.files.length} files`;
  return new DataError(
    dataError('source-empty', {
      what: `There is no text in ${source.title}.`,
      why: `${files} with ${source.bytes} bytes in all, and nothing but white space in them.`,
      todo: 'Name files that hold text.',
    }),
  );
}

function checkOptions({ tokenizer, holdout, seed = 0, textField = 'text' }: DataOptions): DataProblem | null {
  if (!(holdout >= 0 && holdout <= 0.5)) {
    return dataError('holdout', {
      what: `A holdout of ${holdout} is not possible.`,
      why: 'It is the fraction of the text that validation gets; training needs at least half.',
      todo: 'Use 0% to 50%; 5% is usual.',
    });
  }
  if (!Number.isFinite(seed)) {
    return dataError('holdout', { what: `The seed ${seed} is not a number.`, why: '', todo: 'Use a whole number.' });
  }
  if (textField === '') {
    return dataError('json-line', {
      what: 'The name of the text field is empty.',
      why: 'Every JSON line is an object, whose text is found by name.',
      todo: 'Set text_field = "text", or leave it out.',
    });
  }
  if (tokenizer.kind !== 'bpe') return null;
  const { vocab } = tokenizer;
  if (Number.isInteger(vocab) && vocab >= smallestBpeVocabulary && vocab <= 0x100000) return null;
  return dataError('tokenizer-option', {
    what: `A byte-level BPE tokenizer cannot have a vocabulary of ${vocab}.`,
    why: `It has 256 bytes and end-of-text, so at least ${smallestBpeVocabulary}, and at most 1,048,576 tokens.`,
    todo: 'Use vocab = 1024 to 8192 for small models, or the tokenizer bytes.',
  });
}
