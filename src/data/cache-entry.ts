import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { residentBytes, type TokenWidth } from './packed-file';

/** Raised when tokens, bytes or meaning of an entry change, so that old entries are not read. */
export const cacheVersion = 1;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const partSchema = v.object({ file: v.string(), tokens: count, bytes: count, documents: count, sha256: v.string() });
const problemSchema = v.object({
  code: v.picklist(['encoding', 'vocabulary-short']),
  severity: v.literal('warning'),
  what: v.string(),
  why: v.string(),
  todo: v.string(),
  file: v.exactOptional(v.string()),
  line: v.exactOptional(count),
});
const metaSchema = v.object({
  version: v.literal(cacheVersion),
  hash: v.string(),
  /** Bytes per token. */
  width: v.picklist([2, 4] as const satisfies TokenWidth[]),
  tokenizer: v.object({
    file: v.string(),
    kind: v.picklist(['bytes', 'chars', 'bpe', 'hf']),
    vocabSize: count,
    endToken: v.nullable(v.string()),
    sha256: v.string(),
  }),
  split: v.object({ kind: v.picklist(['none', 'documents', 'tails']), holdout: v.number(), seed: v.number() }),
  train: partSchema,
  validation: partSchema,
  sources: v.array(v.object({ name: v.string(), bytes: count, fingerprint: v.string() })),
  warnings: v.array(problemSchema),
});

/** What `meta.json` of a cache entry holds. */
export type CacheMeta = v.InferOutput<typeof metaSchema>;

const metaFile = 'meta.json';

/**
 * The entry in `folder`, or null where there is none or it is not what was written: `meta.json` is checked by schema,
 * sizes always, content by SHA-256 up to 64 MiB a file (above that hashing would cost more than it saves).
 */
export async function readCacheEntry(folder: string): Promise<CacheMeta | null> {
  const text = await readFile(join(folder, metaFile), 'utf8').catch(() => null);
  if (text === null) return null;
  const meta = v.safeParse(metaSchema, parse(text));
  if (!meta.success) return null;
  const { train, validation, tokenizer, width } = meta.output;
  const intact =
    (await isIntact(join(folder, train.file), train.tokens * width, train.sha256)) &&
    (await isIntact(join(folder, validation.file), validation.tokens * width, validation.sha256)) &&
    (await isIntact(join(folder, tokenizer.file), null, tokenizer.sha256));
  return intact ? meta.output : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function isIntact(path: string, bytes: number | null, sha256: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile() || (bytes !== null && found.size !== bytes)) return false;
  if (found.size > residentBytes) return true;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex') === sha256;
}

/**
 * Makes the entry `<cacheDir>/<hash>`: `build` fills a folder beside it, which is renamed when complete. Two processes may
 * do this at once: the first to finish wins and the other uses its work; an entry that is there but broken is replaced.
 */
export async function writeCacheEntry(
  cacheDir: string,
  hash: string,
  build: (folder: string) => Promise<CacheMeta>,
): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  await removeLeftovers(cacheDir);
  const folder = join(cacheDir, `${buildingPrefix}${hash}-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(folder);
    const meta = await build(folder);
    await writeSynced(join(folder, metaFile), `${JSON.stringify(meta, null, 2)}\n`);
    await publish(folder, join(cacheDir, hash), cacheDir);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a file and waits until the disk has it. */
export async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

const buildingPrefix = '.building-';
const attempts = 5;

async function publish(built: string, target: string, cacheDir: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(built, target);
      return;
    } catch (error) {
      if (attempt === attempts || (await stat(target).catch(() => null)) === null) throw error;
    }
    if ((await readCacheEntry(target)) !== null) return;
    const aside = join(cacheDir, `${buildingPrefix}broken-${randomBytes(4).toString('hex')}`);
    // Somebody else may have moved it first: then there is nothing left to do here.
    await rename(target, aside).catch(() => {});
    await rm(aside, { recursive: true, force: true });
  }
}

const leftoverAgeMs = 24 * 60 * 60 * 1000;

/** Removes what killed processes left behind; nobody builds for a day. */
async function removeLeftovers(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (!name.startsWith(buildingPrefix)) continue;
    const found = await stat(join(cacheDir, name)).catch(() => null);
    if (found === null || Date.now() - found.mtimeMs < leftoverAgeMs) continue;
    await rm(join(cacheDir, name), { recursive: true, force: true }).catch(() => {});
  }
}
