import { type BlockWord, blocks, topBlocks } from '../../architecture/blocks';
import type { SlotUse } from '../../architecture/component';
import type { Field } from '../../architecture/fields';
import type { Span } from '../../base/text';
import type { ResolvedBlock } from '../analysis/resolved';
import { stringValue, type Token, tokenize } from '../syntax/lexer';
import { type Block, pathAt } from '../syntax/tree';
import type { Analysed } from './analysed';
import type { PathFormat } from './completion-paths';
import { enclosingBlock } from './place';

/** What can be typed at a cursor. */
export type CompletionContext =
  /** A setting or block; at the top of the file without `parent`. */
  | { readonly kind: 'item'; readonly block: Block | undefined; readonly parent: ResolvedBlock | undefined }
  /** The variant behind the word of a slot. */
  | { readonly kind: 'variant'; readonly use: SlotUse; readonly hasBody: boolean }
  /** The name of a block: nobody knows it but the user. */
  | { readonly kind: 'name' }
  /** What follows the name of a block: `from`. */
  | { readonly kind: 'from' }
  /** The name behind `from`. */
  | { readonly kind: 'base'; readonly word: BlockWord; readonly block: Block | undefined; readonly own: string }
  | {
      readonly kind: 'value';
      readonly field: Field;
      readonly name: string;
      readonly owner: ResolvedBlock;
      readonly inside: boolean;
    }
  /** Inside of the quotes of a setting that names a path. */
  | { readonly kind: 'path'; readonly format: PathFormat; readonly typed: string }
  | { readonly kind: 'comment'; readonly text: string }
  | undefined;

export interface CompletionPlace {
  readonly context: CompletionContext;
  /** What is typed already and will be replaced. */
  readonly replace: Span;
  readonly typed: string;
}

/** Finds out what can be typed at an offset: from the line up to it, and from the tree for where that line stands. */
export function completionPlace(analysed: Analysed, offset: number): CompletionPlace {
  const { text } = analysed;
  const lineStart = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
  const prefix = text.slice(lineStart, offset);
  const tokens = tokenize(prefix).tokens.filter(token => token.kind !== 'end' && token.kind !== 'newline');
  const last = tokens.at(-1);
  const typing =
    last && (last.kind === 'word' || last.kind === 'number') && last.end === prefix.length ? last : undefined;
  const path = pathPlace(analysed, tokens, prefix, lineStart);
  if (path) return path;
  const before = typing ? tokens.slice(0, -1) : tokens;
  const start = lineStart + (typing?.start ?? prefix.length);
  // The rest of the word behind the cursor is replaced too.
  const rest = /^[A-Za-z0-9_]*/.exec(text.slice(offset))?.[0].length ?? 0;
  return {
    context: contextOf(analysed, before, start, prefix),
    replace: { start, end: offset + (typing ? rest : 0) },
    typed: typing?.text ?? '',
  };
}

/** A cursor inside of the quotes of a path: one step of it is completed at a time. */
function pathPlace(
  analysed: Analysed,
  tokens: readonly Token[],
  prefix: string,
  lineStart: number,
): CompletionPlace | undefined {
  const [name, equals, last] = tokens.slice(-3);
  if (last?.kind !== 'string' || last.end !== prefix.length || equals?.kind !== '=' || !name) return undefined;
  const literal = prefix.slice(last.start);
  // A text that is closed in front of the cursor is none to go on with.
  if (!literal.startsWith('"') || (literal.length > 1 && literal.endsWith('"'))) return undefined;
  const block = enclosingBlock(analysed, lineStart + last.start);
  const field = block && analysed.file.blocks.get(block)?.definition.fields[name.text];
  if (field?.kind !== 'text' || field.format === 'free') return undefined;
  const typed = stringValue(literal);
  const step = typed.slice(typed.lastIndexOf('/') + 1);
  const offset = lineStart + prefix.length;
  const rest = /^[^"/\n\r#=]*(\/|(?="))/.exec(analysed.text.slice(offset))?.[0].length ?? 0;
  return {
    context: { kind: 'path', format: field.format, typed },
    replace: { start: offset - step.length, end: offset + rest },
    typed: step,
  };
}

function contextOf(analysed: Analysed, before: readonly Token[], start: number, prefix: string): CompletionContext {
  const last = before.at(-1);
  if (last?.kind === 'comment') return { kind: 'comment', text: last.text };
  // Inside of a text nothing is known; a text that just ended needs a line break or another item first.
  if (last?.kind === 'string' && last.end === prefix.length) return undefined;
  const block = enclosingBlock(analysed, start);
  const parent = block && analysed.file.blocks.get(block);
  const item: CompletionContext = block && !parent ? undefined : { kind: 'item', block, parent };
  switch (last?.kind) {
    case undefined:
      return valueAround(analysed, start, parent) ?? item;
    case '{':
    case '}':
      return item;
    case '=':
    case ':':
      return valueContext(before.at(-2)?.text, parent, false);
    case '+':
    case '-':
    case '*':
    case '/':
    case '(':
    case '[':
    case ',': {
      const equals = before.findLastIndex(token => token.kind === '=' || token.kind === ':');
      if (equals > 0) return valueContext(before[equals - 1]?.text, parent, true);
      return valueAround(analysed, start, parent) ?? (last.kind === ',' ? item : undefined);
    }
    case 'word':
      return afterWord(analysed, before, parent, block, start) ?? item;
    default:
      return item;
  }
}

/** Behind a word: `norm |`, `model tiny |`, `model tiny from |`; undefined if the word ends a value. */
function afterWord(
  { file }: Analysed,
  before: readonly Token[],
  parent: ResolvedBlock | undefined,
  block: Block | undefined,
  start: number,
): CompletionContext {
  const word = before.at(-1)?.text ?? '';
  const previous = before.at(-2);
  if (word === 'from' && previous?.kind === 'word') {
    const header = before.findLast(token => isBlockWord(token.text));
    if (!header || !isBlockWord(header.text)) return undefined;
    const own = before[before.indexOf(header) + 1]?.text ?? '';
    return { kind: 'base', word: header.text, block, own: own === 'from' ? '' : own };
  }
  if (previous?.kind === 'word' && isBlockWord(previous.text)) return { kind: 'from' };
  const startsItem = !previous || previous.kind === '{' || previous.kind === '}' || !isOperator(previous);
  if (!startsItem) return undefined;
  const use = parent?.definition.slots[word];
  if (!use) {
    if (!isBlockWord(word)) return undefined;
    // A model or layer has its name before `from`; data and runs may go without.
    return { kind: word === 'model' || word === 'layer' ? 'name' : 'from' };
  }
  const written = pathAt(file.document, Math.max(0, start - 1)).findLast(node => node.kind === 'block');
  return { kind: 'variant', use, hasBody: written?.keyword.text === word && written.body !== undefined };
}

const isBlockWord = (word: string): word is BlockWord =>
  Object.hasOwn(blocks, word) && (word === 'layer' || isTop(word));
const isTop = (word: string): boolean => topBlocks.some(top => top === word);
const isOperator = ({ kind }: Token): boolean =>
  kind === '=' ||
  kind === '+' ||
  kind === '-' ||
  kind === '*' ||
  kind === '/' ||
  kind === '(' ||
  kind === '[' ||
  kind === ',';

/** The value that goes on over several lines around an offset. */
function valueAround({ file }: Analysed, offset: number, parent: ResolvedBlock | undefined): CompletionContext {
  const path = pathAt(file.document, offset);
  const setting = path.findLast(node => node.kind === 'setting');
  const bracket = path.find(node => node.kind === 'list' || node.kind === 'group' || node.kind === 'call');
  if (!setting || !bracket || bracket.start >= offset) return undefined;
  return valueContext(setting.name.text, parent, true);
}

function valueContext(name: string | undefined, owner: ResolvedBlock | undefined, inside: boolean): CompletionContext {
  const field = name === undefined ? undefined : owner?.definition.fields[name];
  return name !== undefined && field && owner ? { kind: 'value', field, name, owner, inside } : undefined;
}
