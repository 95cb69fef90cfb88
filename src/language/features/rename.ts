import type { Span, TextEdit } from '../../base/text';
import type { FileSymbol } from '../analysis/resolved';
import type { Analysed } from './analysed';
import { placeAt } from './place';
import { symbolAt, usesOf } from './references';

/** What would be renamed, or why nothing can be. */
export type Renamable = { readonly span: Span; readonly name: string } | { readonly problem: string };
export type Renaming = { readonly edits: readonly TextEdit[] } | { readonly problem: string };

/** Whether the word at an offset can be renamed. */
export function prepareRename(analysed: Analysed, offset: number): Renamable {
  const place = placeAt(analysed, offset);
  const symbol = symbolAt(place);
  if (symbol && place.word) return { span: place.word, name: symbol.name };
  if (place.reference?.kind === 'gallery') return { problem: 'This model comes with Supra and cannot be renamed.' };
  return { problem: 'Only the names of models, layers, data and train blocks can be renamed.' };
}

/** The edits that give the named thing at an offset another name, everywhere. */
export function rename(analysed: Analysed, offset: number, newName: string): Renaming {
  const symbol = symbolAt(placeAt(analysed, offset));
  if (!symbol) return { problem: 'Only the names of models, layers, data and train blocks can be renamed.' };
  const problem = nameProblem(analysed, symbol, newName);
  if (problem) return { problem };
  const edits = usesOf(symbol).map(({ start, end }) => ({ start, end, newText: newName }));
  // A `from` chain can mention the same word twice in the index; an edit must not.
  const distinct = edits.filter((edit, index) => edits.findIndex(other => other.start === edit.start) === index);
  return { edits: distinct };
}

const reserved = new Set(['from', 'true', 'false', 'none', 'sqrt']);

function nameProblem({ file }: Analysed, symbol: FileSymbol, name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return `\`${name}\` cannot be a name: names start with a letter and go on with letters, digits and _.`;
  }
  if (reserved.has(name)) return `\`${name}\` is a word of the language. Choose another name.`;
  const taken = file.symbols.some(
    other => other !== symbol && other.name === name && other.kind === symbol.kind && other.model === symbol.model,
  );
  return taken ? `There is already a ${symbol.kind} called \`${name}\`. Choose another name.` : undefined;
}
