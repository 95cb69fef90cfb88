import type { Span } from '../../base/text';
import type { Analysed } from './analysed';
import { completionPlace } from './completion-context';
import { baseItems, commentItems, fromItems, itemItems, variantItems } from './completion-items';
import { type ListPaths, pathItems } from './completion-paths';
import { valueItems } from './completion-values';

/** Something that can be typed. */
export interface CompletionItem {
  readonly label: string;
  readonly kind:
    | 'block'
    | 'component'
    | 'setting'
    | 'choice'
    | 'value'
    | 'name'
    | 'function'
    | 'unit'
    | 'code'
    | 'folder'
    | 'file'
    | 'keyword';
  /** A few words beside the label. */
  readonly detail?: string;
  /** Markdown. */
  readonly documentation?: string;
  /** A snippet: `$1` and `${1:text}` are places to type at, `\\$` is a dollar. */
  readonly snippet: string;
  /** What typing is matched with, if not the label. */
  readonly filter?: string;
  /** More can be completed right after this one. */
  readonly again?: boolean;
}

export interface Completion {
  /** What is replaced. */
  readonly replace: Span;
  /** Best first. */
  readonly items: readonly CompletionItem[];
}

/** Names that `from` can copy besides those of the file. */
export interface CompletionOptions {
  readonly gallery?: readonly string[];
  /** Looks into the folders of the workspace; left out where nobody may. */
  readonly paths?: ListPaths;
  /** The list opens by itself because a blank was typed: then only where something must follow. */
  readonly afterBlank?: boolean;
}

/** Everything that can be typed at an offset, also in a file that is half typed. */
export function completion(analysed: Analysed, offset: number, options: CompletionOptions = {}): Completion {
  const { context, replace, typed } = completionPlace(analysed, offset);
  const items = (): readonly CompletionItem[] => {
    switch (context?.kind) {
      case 'item':
        return options.afterBlank ? [] : itemItems(context.block, context.parent, replace);
      case 'variant':
        return variantItems(context.use, context.hasBody);
      case 'from':
        return options.afterBlank ? [] : fromItems();
      case 'base':
        return baseItems(analysed, context, options.gallery ?? []);
      case 'value':
        return valueItems(analysed, context, typed);
      case 'path':
        return options.paths ? pathItems(context.format, context.typed, options.paths) : [];
      case 'comment':
        return commentItems(analysed, context.text, offset, options.afterBlank === true);
      default:
        return [];
    }
  };
  return { replace, items: items() };
}

/** The text of a snippet without its places to type at, for editors that know none. */
export function plainText(snippet: string): string {
  return snippet
    .replace(/\$\{\d+\|([^,|]*)[^}]*\|\}/g, '$1')
    .replace(/\$\{\d+:((?:[^}\\]|\\.)*)\}/g, '$1')
    .replace(/(?<!\\)\$\d+/g, '')
    .replace(/\\([$}\\])/g, '$1');
}
