import type { Cursor } from './cursor';
import {
  at,
  atLineEnd,
  contentEnd,
  endBefore,
  fixInsert,
  maxDepth,
  peek,
  report,
  skipLines,
  startsItem,
  take,
  takeWord,
} from './cursor';
import { numberParts, stringValue } from './lexer';
import type { Expression, Missing } from './tree';
import { withUnit } from './units';

/** More operators than this in one value are a mistake, and would make the tree too deep to walk. */
const maxOperators = 500;

/** Parses the value behind `=`: one expression, or several with commas between them. */
export function parseValue(cursor: Cursor, after: string): Expression {
  const first = parseSum(cursor, after, false);
  if (!at(cursor, ',') || commaEndsSetting(cursor)) return first;
  return parseSequence(cursor, first, false);
}

/** `a, b, c`, of which the first is already there. */
function parseSequence(cursor: Cursor, first: Expression, inBrackets: boolean): Expression {
  const items = [first];
  while (at(cursor, ',') && (inBrackets || !commaEndsSetting(cursor))) {
    take(cursor);
    if (inBrackets) {
      skipIfContinues(cursor, ')');
      if (at(cursor, ')') || cannotContinue(cursor)) break;
    }
    items.push(parseSum(cursor, ',', inBrackets));
    if (inBrackets) skipIfContinues(cursor, ')');
  }
  return { kind: 'sequence', start: first.start, end: Math.max(first.end, items.at(-1)?.end ?? 0), items };
}

/** Whether the comma here separates two settings on one line rather than two values. */
function commaEndsSetting(cursor: Cursor): boolean {
  const next = peek(cursor, 1).kind;
  if (next === 'newline' || next === 'comment' || next === 'end' || next === '}') return true;
  return startsItem(cursor, 1);
}

function parseSum(cursor: Cursor, after: string, inBrackets: boolean): Expression {
  let left = parseProduct(cursor, after, inBrackets);
  for (let count = 0; ; count++) {
    if (inBrackets) skipToOperator(cursor);
    const { kind } = peek(cursor);
    if (kind !== '+' && kind !== '-') return left;
    if (count > maxOperators) return tooDeep(cursor, left);
    take(cursor);
    if (inBrackets) skipLines(cursor);
    const right = parseProduct(cursor, kind, inBrackets);
    left = { kind: 'binary', operator: kind, left, right, start: left.start, end: right.end };
  }
}

function parseProduct(cursor: Cursor, after: string, inBrackets: boolean): Expression {
  let left = parseFactor(cursor, after, inBrackets);
  for (let count = 0; ; count++) {
    if (inBrackets) skipToOperator(cursor);
    const { kind } = peek(cursor);
    if (kind !== '*' && kind !== '/') return left;
    if (count > maxOperators) return tooDeep(cursor, left);
    take(cursor);
    if (inBrackets) skipLines(cursor);
    const right = parseFactor(cursor, kind, inBrackets);
    left = { kind: 'binary', operator: kind, left, right, start: left.start, end: right.end };
  }
}

/** Inside brackets an expression may go on behind a line break, if an operator comes first there. */
function skipToOperator(cursor: Cursor): void {
  if (!atLineEnd(cursor)) return;
  const start = cursor.position;
  skipLines(cursor);
  if (!at(cursor, '+') && !at(cursor, '-') && !at(cursor, '*') && !at(cursor, '/')) cursor.position = start;
}

function parseFactor(cursor: Cursor, after: string, inBrackets: boolean): Expression {
  const token = peek(cursor);
  if (cursor.depth >= maxDepth) return tooDeep(cursor, missing(token.start));
  switch (token.kind) {
    case '-':
    case '+': {
      take(cursor);
      cursor.depth++;
      const operand = parseFactor(cursor, token.kind, inBrackets);
      cursor.depth--;
      return { kind: 'unary', operator: token.kind, operand, start: token.start, end: operand.end };
    }
    case 'number': {
      take(cursor);
      const { digits, unit } = numberParts(token.text);
      const value = withUnit(digits, unit) ?? Number.NaN;
      return { kind: 'number', text: token.text, value, unit, start: token.start, end: token.end };
    }
    case 'string':
      take(cursor);
      return { kind: 'string', text: token.text, value: stringValue(token.text), start: token.start, end: token.end };
    case 'word':
      if (token.text === 'true' || token.text === 'false') {
        take(cursor);
        return { kind: 'boolean', value: token.text === 'true', start: token.start, end: token.end };
      }
      // `width =` at the end of a line, and the next setting in its place.
      if (peek(cursor, 1).kind === '=') return valueExpected(cursor, after);
      return peek(cursor, 1).kind === '(' ? parseCall(cursor) : takeWord(cursor);
    case '(':
      return parseGroup(cursor);
    case '[':
      return parseList(cursor);
    default:
      return valueExpected(cursor, after);
  }
}

function parseGroup(cursor: Cursor): Expression {
  const open = take(cursor);
  cursor.depth++;
  skipIfContinues(cursor, ')');
  const first = cannotContinue(cursor) ? valueExpected(cursor, '(') : parseSum(cursor, '(', true);
  skipIfContinues(cursor, ')');
  const value = at(cursor, ',') ? parseSequence(cursor, first, true) : first;
  const end = closeBracket(cursor, open.start, '(', ')', value.kind === 'missing');
  cursor.depth--;
  return { kind: 'group', value, start: open.start, end };
}

function parseList(cursor: Cursor): Expression {
  const open = take(cursor);
  const { items, end } = parseItems(cursor, open.start, '[', ']');
  return { kind: 'list', items, start: open.start, end };
}

function parseCall(cursor: Cursor): Expression {
  const name = takeWord(cursor);
  const open = take(cursor);
  const { items, end } = parseItems(cursor, open.start, '(', ')');
  return { kind: 'call', name, items, start: name.start, end };
}

function parseItems(cursor: Cursor, start: number, open: '(' | '[', close: ')' | ']') {
  cursor.depth++;
  const items: Expression[] = [];
  let broken = false;
  for (;;) {
    skipIfContinues(cursor, close);
    if (at(cursor, close) || cannotContinue(cursor)) break;
    skipLines(cursor);
    const before = cursor.position;
    const item = parseSum(cursor, items.length === 0 ? open : ',', true);
    items.push(item);
    broken ||= item.kind === 'missing';
    if (item.kind === 'missing' && cursor.position === before && !at(cursor, ',')) break;
    skipIfContinues(cursor, close);
    if (at(cursor, ',')) {
      take(cursor);
    } else if (!at(cursor, close) && !cannotContinue(cursor) && startsValue(cursor)) {
      const end = endBefore(cursor);
      report(cursor, 'comma-expected', { start: end, end: end + 1 }, {}, fixInsert('Insert a comma', end, ','));
    } else if (!at(cursor, close)) break;
  }
  const end = closeBracket(cursor, start, open, close, broken);
  cursor.depth--;
  return { items, end };
}

/** Takes the closing bracket, or says that it is missing: unless a message about what stands in its place is out already. */
function closeBracket(cursor: Cursor, start: number, open: '(' | '[', close: ')' | ']', reported: boolean): number {
  if (at(cursor, close)) return take(cursor).end;
  const end = contentEnd(cursor);
  if (!reported && cursor.problems.at(-1)?.code !== 'too-deep') {
    const fix = fixInsert(`Insert ${close}`, end, close);
    report(cursor, 'unclosed-bracket', { start, end: start + 1 }, { open, close }, fix);
  }
  return end;
}

/** Goes to the next line if the bracket closes or a comma or value follows there. */
function skipIfContinues(cursor: Cursor, close: ')' | ']'): void {
  if (!atLineEnd(cursor)) return;
  const start = cursor.position;
  skipLines(cursor);
  if (!at(cursor, close) && !at(cursor, ',') && (cannotContinue(cursor) || !startsValue(cursor)))
    cursor.position = start;
}

/** Whether an open bracket was probably forgotten: a new setting, the end of a block or of the file. */
function cannotContinue(cursor: Cursor): boolean {
  if (at(cursor, '}') || at(cursor, '{') || at(cursor, 'end')) return true;
  let ahead = 0;
  while (peek(cursor, ahead).kind === 'newline' || peek(cursor, ahead).kind === 'comment') ahead++;
  return startsItem(cursor, ahead) && (ahead > 0 || peek(cursor).first || peek(cursor, 1).kind === '=');
}

function startsValue(cursor: Cursor): boolean {
  const { kind } = peek(cursor);
  return kind === 'number' || kind === 'string' || kind === 'word' || kind === '(' || kind === '[' || kind === '-';
}

function valueExpected(cursor: Cursor, after: string): Missing {
  const end = contentEnd(cursor);
  report(cursor, 'value-expected', { start: end - after.length, end }, { after });
  return missing(end);
}

function missing(offset: number): Missing {
  return { kind: 'missing', start: offset, end: offset };
}

function tooDeep(cursor: Cursor, value: Expression): Expression {
  report(cursor, 'too-deep', peek(cursor), {});
  while (!atLineEnd(cursor)) take(cursor);
  return value;
}
