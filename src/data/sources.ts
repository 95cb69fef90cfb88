import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { glob } from 'tinyglobby';
import { bundledCorpora, corpusFiles, isCorpusName, sampleCorpus } from './corpora';
import { DataError, dataError } from './problems';
import { pathInside, relativeName } from './workspace-path';

/** One file that documents are read from. */
export interface SourceFile {
  /** As the user would write it: relative to the workspace folder, or the name inside a bundled corpus. */
  readonly name: string;
  readonly path: string;
  readonly format: 'text' | 'json-lines';
  readonly bytes: number;
  /** Identifies the content, see `fingerprintFile`. */
  readonly fingerprint: string;
}

export interface ResolvedSource {
  /** What the source is called in reports. */
  readonly title: string;
  readonly files: readonly SourceFile[];
  readonly bytes: number;
}

export interface SourceOptions {
  /** Glob, file name, name of a bundled corpus, or null for the bundled sample. */
  readonly source: string | null;
  /** The workspace folder. */
  readonly root: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/** Above this size a file's fingerprint takes samples instead of reading everything. */
const wholeFingerprintBytes = 64 * 1024 * 1024;
const sampleBytes = 64 * 1024;
const samples = 128;

/**
 * Finds the files of a source, in an order that depends on their names only, and fingerprints them. Paths stay inside
 * the workspace folder: absolute paths, `..` and symbolic links that lead out are refused.
 */
export async function resolveSource({ source, root, signal, onProgress }: SourceOptions): Promise<ResolvedSource> {
  const found = source === null || isCorpusName(source) ? await bundledFiles(source) : await userFiles(source, root);
  const files: SourceFile[] = [];
  for (const [index, { name, path }] of found.entries()) {
    signal?.throwIfAborted();
    const format = formatOf(name);
    const handle = await open(path, 'r');
    try {
      const { size, mtimeMs } = await handle.stat();
      if (format === 'text') await refuseBinary(handle, name);
      files.push({ name, path, format, bytes: size, fingerprint: await fingerprintFile(handle, size, mtimeMs) });
    } finally {
      await handle.close();
    }
    onProgress?.((index + 1) / found.length);
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const title =
    source === null
      ? `bundled sample (${sampleCorpus.join(', ')})`
      : isCorpusName(source)
        ? bundledCorpora[source].title
        : source;
  return { title, files, bytes };
}

/**
 * SHA-256 of the content. Of a file above 64 MiB: of its size, time of change and 128 samples of 64 KiB spread over it
 * (first and last bytes included), because hashing tens of gigabytes before every training would take minutes. A change
 * that such samples miss changes the time; a copy with another time is at worst tokenized again.
 */
async function fingerprintFile(handle: FileHandle, size: number, mtimeMs: number): Promise<string> {
  const hash = createHash('sha256');
  if (size <= wholeFingerprintBytes) {
    await hashRange(handle, hash, 0, size);
  } else {
    hash.update(`sampled ${size} ${Math.floor(mtimeMs)} `);
    for (let sample = 0; sample < samples; sample++) {
      const at = Math.floor(((size - sampleBytes) * sample) / (samples - 1));
      await hashRange(handle, hash, at, at + sampleBytes);
    }
  }
  return hash.digest('hex');
}

async function hashRange(handle: FileHandle, hash: Hash, from: number, to: number): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(1024 * 1024, Math.max(1, to - from)));
  for (let at = from; at < to; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, to - at), at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

async function bundledFiles(source: string | null) {
  const names = source !== null && isCorpusName(source) ? [source] : sampleCorpus;
  const lists = await Promise.all(
    names.map(async name => {
      const paths = await corpusFiles(name);
      return paths.map(path => ({ name: `${name}/${path.slice(path.lastIndexOf(sep) + 1)}`, path }));
    }),
  );
  return lists.flat();
}

async function userFiles(source: string, root: string) {
  const pattern = relativeName(source);
  if (pattern === '') {
    throw new DataError(
      dataError('source-not-found', {
        what: 'The source is empty.',
        why: 'An empty name matches no file.',
        todo: 'Name files ("data/*.txt"), or leave the source out to train on the bundled sample.',
      }),
    );
  }
  const realRoot = await realpath(root);
  const literal = await stat(join(realRoot, pattern)).catch(() => null);
  if (literal?.isDirectory()) {
    throw new DataError(
      dataError('source-format', {
        what: `"${source}" is a folder.`,
        why: 'Which of its files to read is not said.',
        todo: `Write a pattern: "${pattern.replace(/\/$/, '')}/**/*.txt" or "…/*.jsonl".`,
      }),
    );
  }
  const names = literal?.isFile()
    ? [pattern]
    : await glob(pattern, { cwd: realRoot, ignore: ['**/node_modules/**', '.supra/**'], onlyFiles: true });
  if (names.length === 0) {
    throw new DataError(
      dataError('source-not-found', {
        what: `No file matches "${source}".`,
        why: `It was looked for in ${root}.`,
        todo: 'Check the spelling, or leave the source out to train on the bundled sample.',
      }),
    );
  }
  const files: { name: string; path: string }[] = [];
  for (const name of names.map(name => name.replaceAll('\\', '/')).sort()) {
    files.push({ name, path: await pathInside(realRoot, name) });
  }
  return files;
}

function formatOf(name: string): SourceFile['format'] {
  const extension = /\.[^./]+$/.exec(name.toLowerCase())?.[0] ?? '';
  if (extension === '.jsonl' || extension === '.ndjson') return 'json-lines';
  if (
    ['.parquet', '.arrow', '.gz', '.zst', '.zip', '.xz', '.bz2', '.7z', '.tar', '.pdf', '.docx'].includes(extension)
  ) {
    throw new DataError(
      dataError('source-format', {
        file: name,
        what: `${extension} files cannot be read.`,
        why: 'Supra reads plain text and JSON lines.',
        todo: 'Unpack or convert it to .txt or .jsonl (one {"text": "…"} per line).',
      }),
    );
  }
  return 'text';
}

/** Text has no zero bytes; UTF-16 text and nearly every binary format have some early. */
async function refuseBinary(handle: FileHandle, name: string): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(sampleBytes), 0, sampleBytes, 0);
  const head = buffer.subarray(0, bytesRead);
  const isUtf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (!isUtf16 && !head.includes(0)) return;
  throw new DataError(
    dataError('source-format', {
      file: name,
      what: isUtf16 ? 'This text is encoded as UTF-16.' : 'This is not a text file: it has zero bytes.',
      why: 'Supra reads text in UTF-8.',
      todo: isUtf16
        ? `Convert it: iconv -f UTF-16 -t UTF-8 "${name}".`
        : 'Narrow the pattern so that it matches text only.',
    }),
  );
}
