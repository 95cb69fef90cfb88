import type { Span } from '../../base/text';
import type { Token, TokenKind } from './lexer';
import type { Fix, SyntaxCode, SyntaxParams, SyntaxProblem } from './syntax-problem';
import { syntaxProblem } from './syntax-problem';
import type { Word } from './tree';

/** Where the parser is in the tokens, and what it has complained about. */
export interface Cursor {
  readonly tokens: readonly Token[];
  readonly problems: SyntaxProblem[];
  position: number;
  /** How many brackets and blocks are open: bounded, so that no text can exhaust the stack. */
  depth: number;
  /** How many closing braces the file lacks, and how many it has too many: what recovery may still repair. */
  lacking: number;
  surplus: number;
}

export const maxDepth = 64;
const endToken: Token = { kind: 'end', start: 0, end: 0, text: '', gap: 0, first: true, indent: 0 };

export function peek(cursor: Cursor, ahead = 0): Token {
  return cursor.tokens[cursor.position + ahead] ?? cursor.tokens.at(-1) ?? endToken;
}

/** Takes the current token; the `end` token stays for ever. */
export function take(cursor: Cursor): Token {
  const token = peek(cursor);
  if (token.kind !== 'end') cursor.position++;
  return token;
}

export function at(cursor: Cursor, kind: TokenKind): boolean {
  return peek(cursor).kind === kind;
}

/** The end of the token before the current one. */
export function endBefore(cursor: Cursor): number {
  return cursor.tokens[cursor.position - 1]?.end ?? 0;
}

/** The end of the last token that is not a line break. */
export function contentEnd(cursor: Cursor): number {
  let index = cursor.position - 1;
  while (cursor.tokens[index]?.kind === 'newline') index--;
  return cursor.tokens[index]?.end ?? 0;
}

export function report<Code extends SyntaxCode>(
  cursor: Cursor,
  code: Code,
  span: Span,
  params: SyntaxParams[Code],
  fix?: Fix,
): void {
  cursor.problems.push(syntaxProblem(code, span, params, fix));
}

export function takeWord(cursor: Cursor): Word {
  const { start, end, text } = take(cursor);
  return { kind: 'word', start, end, text };
}

/** A word that is not there. */
export function emptyWord(offset: number): Word {
  return { kind: 'word', start: offset, end: offset, text: '' };
}

/** Whether a line, and with it every value, ends here. */
export function atLineEnd(cursor: Cursor): boolean {
  const { kind } = peek(cursor);
  return kind === 'newline' || kind === 'comment' || kind === 'end';
}

/** Whether a word `ahead` starts a setting or a block with a label or braces: `lr = …`, `norm rms`, `train {`. */
export function startsItem(cursor: Cursor, ahead = 0): boolean {
  if (peek(cursor, ahead).kind !== 'word') return false;
  const next = peek(cursor, ahead + 1);
  if (next.kind !== 'word') return next.kind === '=' || next.kind === '{' || next.kind === ':';
  // `4 hidden  bias = true`: two blanks, or an =, and the second word is not the label of the first.
  const behind = peek(cursor, ahead + 2).kind;
  return next.gap < 2 && behind !== '=' && behind !== ':';
}

/** Passes line breaks and comments. */
export function skipLines(cursor: Cursor): void {
  while (at(cursor, 'newline') || at(cursor, 'comment')) cursor.position++;
}

export function fixInsert(title: string, offset: number, newText: string): Fix {
  return { title, edits: [{ start: offset, end: offset, newText }] };
}
