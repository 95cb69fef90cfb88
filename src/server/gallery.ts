import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from '../language/syntax/parser';
import { blocksOf, type Document } from '../language/syntax/tree';

/** The known models that come with Supra, by name. */
export interface Gallery {
  readonly names: readonly string[];
  find(name: string): Document | undefined;
  /** Where a file of the gallery is. */
  uriOf(document: Document): string | undefined;
}

export const emptyGallery: Gallery = { names: [], find: () => undefined, uriOf: () => undefined };

/** Reads the gallery of a package. A gallery that is not there is an empty one. */
export function readGallery(root: string | null): Gallery {
  if (root === null) return emptyGallery;
  const documents = new Map<string, Document>();
  const uris = new Map<Document, string>();
  const folder = join(root, 'gallery');
  let files: string[] = [];
  try {
    files = readdirSync(folder).filter(file => file.endsWith('.supra'));
  } catch {
    return emptyGallery;
  }
  for (const file of files.sort()) {
    const path = join(folder, file);
    const { value } = parse(readFileSync(path, 'utf8'));
    uris.set(value, pathToFileURL(path).href);
    for (const { keyword, label } of blocksOf(value)) {
      if (keyword.text === 'model' && label && !documents.has(label.text)) documents.set(label.text, value);
    }
  }
  return { names: [...documents.keys()], find: name => documents.get(name), uriOf: document => uris.get(document) };
}
