import type { Reference, ResolvedBlock, ResolvedSetting } from '../analysis/resolved';
import {
  type Block,
  type Body,
  blocksOf,
  type Document,
  type Node,
  pathAt,
  type Setting,
  type Word,
} from '../syntax/tree';
import type { Analysed } from './analysed';

/** What stands at an offset, and what it means. */
export interface Place {
  readonly offset: number;
  /** From the document down to the innermost node. */
  readonly path: readonly Node[];
  /** The innermost block that holds the offset, its own header included. */
  readonly block: Block | undefined;
  readonly resolved: ResolvedBlock | undefined;
  readonly setting: Setting | undefined;
  readonly resolvedSetting: ResolvedSetting | undefined;
  readonly word: Word | undefined;
  readonly reference: Reference | undefined;
}

/** Finds what stands at an offset. */
export function placeAt({ file }: Analysed, offset: number): Place {
  const path = pathAt(file.document, offset);
  const block = path.findLast(node => node.kind === 'block');
  const setting = path.findLast(node => node.kind === 'setting');
  const last = path.at(-1);
  const word = last?.kind === 'word' && last.text !== '' ? last : undefined;
  const resolved = block && file.blocks.get(block);
  return {
    offset,
    path,
    block,
    resolved,
    setting,
    resolvedSetting: setting && resolved && settingOf(resolved, setting),
    word,
    reference: word && file.references.get(word),
  };
}

/** What a written setting means in its block; undefined where its word is unknown or it is written a second time. */
export function settingOf(block: ResolvedBlock, setting: Setting): ResolvedSetting | undefined {
  const resolved = block.settings.get(setting.name.text);
  return resolved?.setting === setting ? resolved : undefined;
}

/** Whether a word of a block's header is its first: `attention`, `model`. */
export const isKeyword = (block: Block | undefined, word: Word): boolean => block?.keyword === word;

/**
 * The block whose braces a cursor is in, also where the closing brace is still to be typed: then everything behind the
 * brace that is indented more than the block belongs to it.
 */
export function enclosingBlock({ file, text }: Analysed, offset: number): Block | undefined {
  let holder: Document | Body = file.document;
  let found: Block | undefined;
  for (;;) {
    const inner: Block | undefined = blocksOf(holder).findLast(block => block.body && block.body.start < offset);
    if (!inner?.body) return found;
    const body: Body = inner.body;
    const inside = body.closed ? offset < body.end : offset <= body.end || isIndentedUnder(text, inner, offset);
    if (!inside) return found;
    found = inner;
    holder = body;
  }
}

function isIndentedUnder(text: string, block: Block, offset: number): boolean {
  const between = text.slice(block.end, offset);
  if (between.includes('}')) return false;
  if (!/[\r\n]/.test(between)) return true;
  return indentAt(text, offset) > indentAt(text, block.start);
}

function indentAt(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start))?.[0].length ?? 0;
}
