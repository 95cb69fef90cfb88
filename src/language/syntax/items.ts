import type { Span } from '../../base/text';
import type { Cursor } from './cursor';
import {
  at,
  atLineEnd,
  contentEnd,
  emptyWord,
  endBefore,
  fixInsert,
  maxDepth,
  peek,
  report,
  startsItem,
  take,
  takeWord,
} from './cursor';
import { parseValue } from './expressions';
import type { Token } from './lexer';
import type { Fix } from './syntax-problem';
import type { Block, Body, Comment, Invalid, Item, Setting, Word } from './tree';

/** Parses whatever stands here, except a closing brace, and adds it to `items`. Always moves on. */
export function parseItem(cursor: Cursor, items: Item[]): void {
  const token = peek(cursor);
  const next = peek(cursor, 1);
  if (token.kind === 'newline') {
    take(cursor);
  } else if (token.kind === 'comment') {
    items.push(commentOf(take(cursor)));
  } else if (token.kind === ',' && !token.first && items.length > 0) {
    // Commas may separate settings on one line.
    take(cursor);
  } else if (token.kind === 'word' && (token.text !== 'from' || next.kind === '=')) {
    items.push(isSetting(cursor) ? parseSetting(cursor) : parseBlock(cursor));
    parseRest(cursor, items);
  } else if (token.kind === 'number' && next.kind === '{') {
    items.push(parseBlock(cursor));
    parseRest(cursor, items);
  } else if (token.kind === '{') {
    // Behind broken text the message is out already; the block is read for what is in it.
    if (token.first || items.at(-1)?.kind !== 'invalid') {
      report(cursor, 'unexpected-text', token, { text: '{', after: undefined });
    }
    items.push(parseBlock(cursor));
    parseRest(cursor, items);
  } else {
    unexpected(cursor, take(cursor), undefined, items);
  }
}

function isSetting(cursor: Cursor): boolean {
  const next = peek(cursor, 1);
  switch (next.kind) {
    case '=':
    case ':':
    case 'string':
    case '[':
      return true;
    case 'word':
      return next.text === 'true' || next.text === 'false';
    case 'number':
      // `lr 0.1` lacks its =, while `model 3b {` has a bad name.
      return peek(cursor, 2).kind !== '{' && peek(cursor, 2).text !== 'from';
    default:
      return false;
  }
}

function parseSetting(cursor: Cursor): Setting {
  const name = takeWord(cursor);
  const next = peek(cursor);
  if (next.kind === '=') {
    take(cursor);
  } else if (next.kind === ':') {
    take(cursor);
    const fix = { title: 'Write =', edits: [{ start: name.end, end: next.end, newText: ' =' }] };
    report(cursor, 'equals-expected', next, { name: name.text }, fix);
  } else {
    const fix = fixInsert('Insert =', name.end, ' =');
    report(cursor, 'equals-expected', { start: name.start, end: next.end }, { name: name.text }, fix);
  }
  const value = parseValue(cursor, '=');
  return { kind: 'setting', name, value, start: name.start, end: Math.max(value.end, contentEnd(cursor)) };
}

function parseBlock(cursor: Cursor): Block {
  const first = peek(cursor);
  const keyword = at(cursor, '{') ? emptyWord(first.start) : takeName(cursor);
  const label = followsLabel(cursor) ? takeName(cursor) : undefined;
  const name = label && followsName(cursor) ? takeName(cursor) : undefined;
  const from = keyword.text !== '' && atFrom(cursor) ? parseFrom(cursor) : undefined;
  const header = { start: first.start, end: (from ?? name ?? label ?? keyword).end };
  const title = [keyword, label, name].flatMap(word => (word ? [word.text] : [])).join(' ');
  const body = parseBody(cursor, header, title, first);
  return { kind: 'block', keyword, label, name, from, body, start: first.start, end: body?.end ?? header.end };
}

/** Whether a label follows: two blocks on one line have two blanks between them, a block and its label may have. */
function followsLabel(cursor: Cursor): boolean {
  const token = peek(cursor);
  if (token.kind === 'number') return true;
  if (token.kind !== 'word' || atFrom(cursor)) return false;
  const next = peek(cursor, 1);
  if (next.kind === '=' || next.kind === ':') return false;
  return token.gap < 2 || next.kind !== 'word' || next.text === 'from' || next.gap > 1;
}

function followsName(cursor: Cursor): boolean {
  const token = peek(cursor);
  return token.kind === 'word' && token.gap < 2 && !atFrom(cursor) && !isSetting(cursor);
}

function atFrom(cursor: Cursor): boolean {
  return at(cursor, 'word') && peek(cursor).text === 'from' && peek(cursor, 1).kind !== '=';
}

function parseFrom(cursor: Cursor): Word {
  const from = take(cursor);
  if (at(cursor, 'word') || at(cursor, 'number')) return takeName(cursor);
  report(cursor, 'name-expected', from, { after: 'from' });
  return emptyWord(from.end);
}

/** Takes a name. What is not quite one (`3b`, `gemma-3`) is reported with a name that would do, and counts as that. */
function takeName(cursor: Cursor): Word {
  const first = take(cursor);
  let { end, text } = first;
  for (let token = peek(cursor); token.gap === 0 && isGlued(token); token = peek(cursor)) {
    text += token.text;
    end = take(cursor).end;
  }
  if (first.kind === 'word' && end === first.end) return { kind: 'word', text, start: first.start, end };
  const cleaned = text.replace(/[^A-Za-z0-9_]+/g, '_').replace(/_$/, '');
  const suggestion = /^[0-9]/.test(cleaned) ? `m${cleaned}` : cleaned;
  const fix = { title: `Write ${suggestion}`, edits: [{ start: first.start, end, newText: suggestion }] };
  report(cursor, 'bad-name', { start: first.start, end }, { text, suggestion }, fix);
  return { kind: 'word', text: suggestion, start: first.start, end };
}

function isGlued({ kind }: Token): boolean {
  return kind === 'word' || kind === 'number' || kind === '-' || kind === '+' || kind === '/';
}

/** Parses the braces of a block, if it has any; on the next line is as good as behind the header. */
function parseBody(cursor: Cursor, header: Span, title: string, first: Token): Body | undefined {
  let ahead = 0;
  while (peek(cursor, ahead).kind === 'newline') ahead++;
  if (peek(cursor, ahead).kind === '{') {
    cursor.position += ahead;
    return parseBraces(cursor, take(cursor), title, first);
  }
  while (peek(cursor, ahead).kind === 'newline' || peek(cursor, ahead).kind === 'comment') ahead++;
  const next = peek(cursor, ahead);
  const isDeeper = next.first && next.indent > first.indent && (next.kind === 'word' || next.kind === 'number');
  if (cursor.surplus === 0 || ahead === 0 || !isDeeper) return undefined;
  cursor.surplus--;
  report(cursor, 'unopened-block', header, { block: title }, fixInsert('Insert {', header.end, ' {'));
  return parseBraces(cursor, { start: header.end, end: header.end }, title, first);
}

/** Parses what stands behind an opening brace. `first` is the first token of the block, whose line's indentation counts. */
function parseBraces(cursor: Cursor, open: Span, title: string, first: Token): Body {
  const items: Item[] = [];
  if (cursor.depth >= maxDepth) {
    report(cursor, 'too-deep', open, {});
    skipBraces(cursor);
    return { kind: 'body', items, closed: true, start: open.start, end: contentEnd(cursor) };
  }
  cursor.depth++;
  let closed = false;
  while (!closed && !isForgottenEnd(cursor, first)) {
    const token = peek(cursor);
    if (token.kind !== '}') {
      parseItem(cursor, items);
    } else if (cursor.surplus > 0 && token.first && token.indent > first.indent) {
      cursor.surplus--;
      take(cursor);
      report(cursor, 'unmatched-brace', token, {}, removal(token));
      items.push(invalidAt(token));
    } else {
      take(cursor);
      closed = true;
    }
  }
  cursor.depth--;
  if (!closed) {
    cursor.lacking = Math.max(0, cursor.lacking - 1);
    report(cursor, 'unclosed-block', open, { block: title }, closingFix(cursor, items, open, first));
  }
  return { kind: 'body', items, closed, start: open.start, end: contentEnd(cursor) };
}

/** Whether the block should have been closed before this token: the file ends, or a line starts too far to the left. */
function isForgottenEnd(cursor: Cursor, { indent }: Token): boolean {
  const token = peek(cursor);
  if (token.kind === 'end') return true;
  if (cursor.lacking === 0 || !token.first) return false;
  return token.kind === '}' ? token.indent < indent : token.kind === 'word' && token.indent <= indent;
}

function closingFix(cursor: Cursor, items: readonly Item[], open: Span, { indent }: Token): Fix {
  const end = contentEnd(cursor);
  let isOneLine = true;
  for (let index = cursor.position - 1; index >= 0; index--) {
    const token = cursor.tokens[index];
    if (token === undefined || token.start <= open.start) break;
    if ((token.kind === 'newline' && token.end < end) || token.kind === 'comment') isOneLine = false;
  }
  return fixInsert('Insert }', end, isOneLine && items.length > 0 ? ' }' : `\n${' '.repeat(indent)}}`);
}

function skipBraces(cursor: Cursor): void {
  for (let depth = 1; depth > 0 && !at(cursor, 'end'); ) {
    const { kind } = take(cursor);
    if (kind === '{') depth++;
    if (kind === '}') depth--;
  }
}

/** What may follow an item on its line is a comment, a comma, the end of the block or another item. */
function parseRest(cursor: Cursor, items: Item[]): void {
  const token = peek(cursor);
  if (atLineEnd(cursor) || token.kind === '}' || token.kind === ',') return;
  if (token.kind === 'word' && (startsItem(cursor) || token.gap > 1)) return;
  const after = cursor.tokens[cursor.position - 1];
  const last = cursor.problems.at(-1);
  if (last?.code === 'value-expected' && last.end === after?.end) {
    // What stands in place of a missing value needs no second message.
    items.push(skipped(cursor, take(cursor)));
  } else {
    unexpected(cursor, take(cursor), after, items);
  }
}

function unexpected(cursor: Cursor, token: Token, after: Token | undefined, items: Item[]): void {
  if (token.kind === ')' || token.kind === ']') {
    report(cursor, 'unmatched-bracket', token, { bracket: token.text }, removal(token));
  } else if (token.kind !== 'invalid') {
    // The lexer has already complained about characters without a meaning.
    report(cursor, 'unexpected-text', token, { text: token.text, after: after?.text });
  }
  items.push(skipped(cursor, token));
}

/** Passes the rest of a line, up to something that can be understood again. */
function skipped(cursor: Cursor, first: Token): Invalid {
  while (!atLineEnd(cursor) && !at(cursor, '}') && !at(cursor, '{')) {
    const isApart = peek(cursor).gap > 1 || cursor.tokens[cursor.position - 1]?.kind === ',';
    if (isApart && startsItem(cursor)) break;
    take(cursor);
  }
  return invalidAt({ start: first.start, end: Math.max(first.end, endBefore(cursor)) });
}

export function commentOf(token: Token): Comment {
  return { kind: 'comment', text: token.text, trailing: !token.first, start: token.start, end: token.end };
}

export function invalidAt(span: Span): Invalid {
  return { kind: 'invalid', start: span.start, end: span.end };
}

export function removal(span: Span): Fix {
  return { title: 'Remove it', edits: [{ start: span.start, end: span.end, newText: '' }] };
}
