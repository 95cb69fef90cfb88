import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A path of a file made absolute: beside the file, else in a folder of the workspace; undefined where nothing is there. */
export function findPath(path: string, fileUri: string, folders: readonly string[]): string | undefined {
  const bases = [fileUri, ...folders].flatMap(uri => {
    const base = toPath(uri);
    if (base === undefined) return [];
    return uri === fileUri ? [dirname(base)] : [base];
  });
  const candidates = isAbsolute(path) ? [path] : bases.map(base => join(base, path));
  return candidates.find(candidate => existsSync(candidate));
}

/** The folder that a run of a file belongs to: the innermost of the workspace around it, else its own; undefined for what is no file. */
export function rootOf(fileUri: string, folders: readonly string[]): string | undefined {
  const file = toPath(fileUri);
  if (file === undefined) return undefined;
  const around = folders.flatMap(uri => toPath(uri) ?? []).filter(folder => file.startsWith(folder + sep));
  return around.sort((a, b) => b.length - a.length)[0] ?? dirname(file);
}

/** Size of a file; null for folders, globs and what is not there. */
export function fileBytes(path: string): number | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : null;
}

export const toUri = (path: string): string => pathToFileURL(path).href;

function toPath(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}
