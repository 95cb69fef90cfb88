import type { TextField } from '../../architecture/fields';
import type { CompletionItem } from './completion';
import { escapeSnippet } from './snippets';

/** Something that a path can go on with. */
export interface PathEntry {
  readonly name: string;
  /** `weights`: a folder or run to start from. */
  readonly kind: 'folder' | 'file' | 'weights';
  readonly detail?: string;
}

/** What lies in a folder of the workspace, by its path relative to that; the empty path is the workspace itself. Null where nobody may look. */
export type ListPaths = (folder: string, format: PathFormat) => readonly PathEntry[];
export type PathFormat = Exclude<TextField['format'], 'free'>;

/** Ends of names of files that a setting can hold. */
const endings: Readonly<Record<PathFormat, RegExp | null>> = {
  path: /\.json$/i,
  glob: /\.(txt|md|text|jsonl)$/i,
  start: null,
};

/** What the path of a setting can go on with, one step at a time: what starts a run first, then folders, then files. */
export function pathItems(format: PathFormat, typed: string, list: ListPaths): readonly CompletionItem[] {
  const folder = typed.slice(0, Math.max(0, typed.lastIndexOf('/')));
  const order = ['weights', 'folder', 'file'] as const;
  const ending = endings[format];
  return list(folder, format)
    .filter(({ name, kind }) => kind !== 'file' || ending?.test(name) === true)
    .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
    .map(({ name, kind, detail }) => {
      const label = kind === 'folder' ? `${name}/` : name;
      return {
        label,
        kind: kind === 'weights' ? 'value' : kind,
        snippet: escapeSnippet(label),
        ...(detail === undefined ? {} : { detail }),
        ...(kind === 'folder' ? { again: true } : {}),
      };
    });
}
