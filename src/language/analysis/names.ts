import type { Block, Document, Word } from '../syntax/tree';
import { type Context, type OpenSymbol, refer, report, suggestionFix } from './context';
import type { WrittenBlock } from './resolved';
import { nearest } from './suggest';

type Kind = OpenSymbol['kind'];

/** Nobody copies from a copy of a copy more often than this; a chain that is longer is cut. */
export const maxCopies = 40;

/** A block of some file. */
export interface Found {
  readonly block: Block;
  readonly document: Document;
}

/** The named blocks of one kind, by name; the first of two that share a name. */
export type NameTable = Map<string, OpenSymbol>;

/** Gives a block its name in a table, or says that the name is taken. */
export function declare(
  context: Context,
  table: NameTable,
  kind: Kind,
  block: Block,
  model: Block | undefined = undefined,
): OpenSymbol | undefined {
  const definition = block.label;
  if (!definition || definition.text === '') return undefined;
  const first = table.get(definition.text);
  if (first) {
    const related = [{ start: first.definition.start, end: first.definition.end, message: 'The first one.' }];
    report(context, 'duplicate-name', definition, { kind, name: definition.text }, { related });
    return undefined;
  }
  const symbol: OpenSymbol = { kind, name: definition.text, block, definition, uses: [], model };
  table.set(symbol.name, symbol);
  context.symbols.push(symbol);
  context.references.set(definition, { kind: 'symbol', symbol });
  return symbol;
}

/** Says that nothing of this name exists. */
export function reportUnknownName(context: Context, kind: string, word: Word, known: readonly string[]): void {
  const suggestion = nearest(word.text, known);
  const extras = { fixes: suggestionFix(word, suggestion) };
  report(
    context,
    'unknown-reference',
    word,
    { kind: kind === 'train' ? 'train block' : kind, name: word.text, suggestion, known: known.slice(0, 9) },
    extras,
  );
}

/** A block with all that it is copied from, nearest first. `outside` knows blocks of other files by their names. */
export function withBases(
  context: Context,
  block: Block,
  kind: Kind,
  table: NameTable,
  outside: (name: string) => Found | undefined = () => undefined,
  outsideNames: readonly string[] = [],
): readonly WrittenBlock[] {
  const written: WrittenBlock[] = [{ block, document: context.document, inherited: false }];
  const seen = new Set<Block>([block]);
  let { from } = block;
  let isHere = true;
  while (from && from.text !== '') {
    const name = from.text;
    const symbol: OpenSymbol | undefined = isHere ? table.get(name) : undefined;
    const found: Found | undefined =
      symbol && symbol.block !== written.at(-1)?.block
        ? { block: symbol.block, document: context.document }
        : outside(name);
    const isOwn = written.length === 1;
    if (!found) {
      if (isOwn && symbol) report(context, 'cyclic-from', from, { chain: [name, name] });
      else if (isOwn) reportUnknownName(context, kind, from, [...namesBut(table, block), ...outsideNames]);
      break;
    }
    if (isOwn) {
      if (found.document === context.document && symbol) refer(context, from, symbol);
      else context.references.set(from, { kind: 'gallery', name, ...found });
    }
    if (seen.has(found.block)) {
      // Each block of a circle meets itself; those that only lead into it do not.
      if (found.block === block && block.from) {
        const chain = [...written.map(({ block: each }) => each.label?.text ?? ''), name];
        report(context, 'cyclic-from', block.from, { chain });
      }
      break;
    }
    if (written.length > maxCopies) {
      if (block.from) report(context, 'too-deep', block.from, {});
      break;
    }
    seen.add(found.block);
    written.push({ ...found, inherited: true });
    from = found.block.from;
    isHere = found.document === context.document;
  }
  return written;
}

function namesBut(table: NameTable, block: Block): readonly string[] {
  return [...table.values()].filter(symbol => symbol.block !== block).map(({ name }) => name);
}

/** Reports a block that must have a name and has none. */
export function checkName(context: Context, block: Block): void {
  if (block.label === undefined) report(context, 'missing-name', block.keyword, { block: block.keyword.text });
}
