import { parse } from './parser';
import type { Block, Body, Comment, Document, Expression, Item, Setting } from './tree';

const indentWidth = 2;
/** Braces and lists stay on one line up to this width. */
const lineWidth = 100;
/** Comments behind lines longer than this are not lined up with the others. */
const longestAligned = 72;

/** The canonical form of a file. A file with syntax errors comes back unchanged. */
export function format(text: string): string {
  const { value, problems } = parse(text);
  return problems.length > 0 ? text : print(value);
}

/** Prints a tree without errors: two blanks per level, single blank lines kept, comments behind lines lined up. */
export function print(document: Document): string {
  const lines: Line[] = [];
  printItems(document.items, 0, document, lines);
  alignComments(lines);
  const newline = document.text.includes('\r\n') ? '\r\n' : '\n';
  const printed = lines.flatMap(line => {
    const code = ' '.repeat(line.indent * indentWidth) + line.code;
    const behind = line.comment === undefined ? code : `${code}${' '.repeat(line.padding)}${line.comment}`;
    return line.blankBefore ? ['', behind.trimEnd()] : [behind.trimEnd()];
  });
  return printed.length === 0 ? '' : printed.join('\n').replaceAll('\n', newline) + newline;
}

interface Line {
  readonly indent: number;
  readonly code: string;
  readonly blankBefore: boolean;
  comment: string | undefined;
  /** Blanks between code and comment. */
  padding: number;
}

function printItems(items: readonly Item[], indent: number, document: Document, lines: Line[]): void {
  const widths = nameWidths(items, indent, document);
  let previousEnd: number | undefined;
  for (const item of items) {
    const gap = previousEnd === undefined ? '' : document.text.slice(previousEnd, item.start);
    const last = lines.at(-1);
    if (item.kind === 'comment' && item.trailing && last) {
      addComment(last, item);
    } else {
      const nameWidth = item.kind === 'setting' ? (widths.get(item) ?? 0) : 0;
      printItem(item, { indent, nameWidth, blankBefore: hasBlankLine(gap) }, document, lines);
    }
    previousEnd = item.end;
  }
}

function hasBlankLine(gap: string): boolean {
  return /(?:\r\n|\n|\r(?!\n))[ \t\u00a0]*[\r\n]/.test(gap);
}

/**
 * How wide the names of settings are printed: neighbours whose = the author has put into one column keep one column.
 * Blank lines, comments on their own line and blocks over several lines separate neighbours.
 */
function nameWidths(items: readonly Item[], indent: number, document: Document): ReadonlyMap<Setting, number> {
  const { text } = document;
  const widths = new Map<Setting, number>();
  let run: Setting[] = [];
  let column = -1;
  let end = items[0]?.start ?? 0;
  const finish = (): void => {
    const width = Math.max(0, ...run.map(({ name }) => name.text.length));
    for (const setting of run) widths.set(setting, width);
    run = [];
  };
  for (const item of items) {
    const isApart = hasBlankLine(text.slice(end, item.start)) || (item.kind === 'comment' && !item.trailing);
    if (isApart || (item.kind === 'block' && fittingLine(item, indent, document) === undefined)) finish();
    const isFirst = item === items[0] || /[\r\n]/.test(text.slice(end, item.start));
    end = item.end;
    if (item.kind !== 'setting') continue;
    const here = isFirst ? text.indexOf('=', item.name.end) - item.start : -1;
    if (here !== column || here < 0) finish();
    column = here;
    run.push(item);
  }
  finish();
  return widths;
}

function addComment(line: Line, comment: Comment): void {
  line.comment = line.comment === undefined ? comment.text : `${line.comment} ${comment.text}`;
}

function printItem(
  item: Item,
  place: { readonly indent: number; readonly nameWidth: number; readonly blankBefore: boolean },
  document: Document,
  lines: Line[],
): void {
  const { indent, nameWidth, blankBefore } = place;
  const add = (code: string) => lines.push({ indent, code, blankBefore, comment: undefined, padding: 0 });
  switch (item.kind) {
    case 'comment':
      add(item.text);
      return;
    case 'invalid':
      add(document.text.slice(item.start, item.end));
      return;
    case 'setting': {
      const name = item.name.text.padEnd(nameWidth);
      add(`${name} = ${printValue(item.value, indent * indentWidth + name.length + 3, indent, document)}`);
      return;
    }
    case 'block': {
      const oneLine = fittingLine(item, indent, document);
      if (oneLine !== undefined || !item.body) {
        add(oneLine ?? printHeader(item));
        return;
      }
      add(`${printHeader(item)} {`);
      printItems(item.body.items, indent + 1, document, lines);
      lines.push({ indent, code: '}', blankBefore: false, comment: undefined, padding: 0 });
    }
  }
}

/** `keyword label name from base`. */
export function printHeader({ keyword, label, name, from }: Block): string {
  const words = [keyword, label, name].flatMap(word => (word ? [word.text] : []));
  return [...words, ...(from ? ['from', from.text] : [])].join(' ');
}

/** A block on one line, if it may stand and fits there. */
function fittingLine(block: Block, indent: number, document: Document): string | undefined {
  const line = oneLineBlock(block, document);
  return line !== undefined && indent * indentWidth + line.length <= lineWidth ? line : undefined;
}

/** A block on one line, or undefined where the author has put it on several, or it holds a comment. */
function oneLineBlock(block: Block, document: Document): string | undefined {
  const header = printHeader(block);
  if (!block.body) return header;
  const inside = oneLineBody(block.body, document);
  if (inside === undefined) return undefined;
  return inside === '' ? `${header} {}` : `${header} { ${inside} }`;
}

function oneLineBody(body: Body, document: Document): string | undefined {
  const isOneLine = !/[\r\n]/.test(document.text.slice(body.start, body.end));
  if (!isOneLine && body.items.length > 0) return undefined;
  let printed = '';
  let separator = '';
  for (const item of body.items) {
    if (item.kind === 'comment' || item.kind === 'invalid') return undefined;
    const code =
      item.kind === 'setting' ? `${item.name.text} = ${printExpression(item.value)}` : oneLineBlock(item, document);
    if (code === undefined) return undefined;
    printed += separator + code;
    // A lone word would take the next one for its label.
    separator = item.kind === 'block' && !item.label && !item.from && !item.body ? ', ' : '  ';
  }
  return printed;
}

function printValue(value: Expression, column: number, indent: number, document: Document): string {
  const source = document.text.slice(value.start, value.end);
  if (/[\r\n]/.test(source) && document.comments.some(({ start }) => start >= value.start && start < value.end)) {
    return source.replaceAll('\r\n', '\n');
  }
  const printed = printExpression(value);
  if (value.kind !== 'list' || column + printed.length <= lineWidth) return printed;
  const inner = ' '.repeat((indent + 1) * indentWidth);
  const items = value.items.map(item => `${inner}${printExpression(item)},\n`).join('');
  return `[\n${items}${' '.repeat(indent * indentWidth)}]`;
}

/** A value on one line, in canonical form. */
export function printExpression(value: Expression): string {
  switch (value.kind) {
    case 'word':
    case 'number':
    case 'string':
      return value.text;
    case 'boolean':
      return String(value.value);
    case 'list':
      return `[${value.items.map(printExpression).join(', ')}]`;
    case 'sequence':
      return value.items.map(printExpression).join(', ');
    case 'group':
      return `(${printExpression(value.value)})`;
    case 'unary':
      return value.operator + printExpression(value.operand);
    case 'binary':
      return `${printExpression(value.left)} ${value.operator} ${printExpression(value.right)}`;
    case 'call':
      return `${value.name.text}(${value.items.map(printExpression).join(', ')})`;
    case 'missing':
      return '';
  }
}

/** Puts the comments behind the lines of one top-level block into one column, a multiple of four so that it seldom moves. */
function alignComments(lines: readonly Line[]): void {
  let block: Line[] = [];
  const finish = (): void => {
    const widths = block.map(widthOf).filter(width => width <= longestAligned);
    const column = Math.ceil((Math.max(0, ...widths) + 2) / 4) * 4;
    for (const line of block) line.padding = Math.max(2, column - widthOf(line));
    block = [];
  };
  for (const line of lines) {
    if (line.comment !== undefined) block.push(line);
    if (line.indent === 0 && line.code === '}') finish();
  }
  finish();
}

function widthOf(line: Line): number {
  const last = line.code.slice(line.code.lastIndexOf('\n') + 1);
  return last === line.code ? line.indent * indentWidth + last.length : last.length;
}
