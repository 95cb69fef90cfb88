import type { SyntaxProblem } from './syntax-problem';
import { syntaxProblem } from './syntax-problem';
import { likelyUnit, withUnit } from './units';

export type TokenKind =
  | 'word'
  | 'number'
  | 'string'
  | 'comment'
  | 'newline'
  | 'end'
  | 'invalid'
  | '{'
  | '}'
  | '['
  | ']'
  | '('
  | ')'
  | '='
  | ','
  | ':'
  | '+'
  | '-'
  | '*'
  | '/';

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** How many blanks stand before it on its line. */
  readonly gap: number;
  /** Whether only blanks stand before it on its line. */
  readonly first: boolean;
  /** The number of blanks at the start of its line. */
  readonly indent: number;
}

const word = /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*/y;
const number = /(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?/y;
const suffix = /[A-Za-z_][A-Za-z0-9_.]*|%|\.[0-9.]+[A-Za-z0-9_.]*/y;
const quoted = /"(?:[^"\\\r\n]|\\[^\r\n]?)*"?|'(?:[^'\\\r\n]|\\[^\r\n]?)*'?/y;
const closed = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')$/;
const toLineEnd = /[^\r\n]*/y;
const symbols = new Set<string>(['{', '}', '[', ']', '(', ')', '=', ',', ':', '+', '-', '*', '/']);

/** Splits a text into tokens. The last token is always `end`; line breaks and comments are tokens too. */
export function tokenize(text: string): {
  readonly tokens: readonly Token[];
  readonly problems: readonly SyntaxProblem[];
} {
  const tokens: Token[] = [];
  const problems: SyntaxProblem[] = [];
  let offset = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let gap = 0;
  let first = true;
  let indent = 0;

  const match = (pattern: RegExp, at: number): string => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? '';
  };
  const add = (kind: TokenKind, length: number): void => {
    tokens.push({
      kind,
      start: offset,
      end: offset + length,
      text: text.slice(offset, offset + length),
      gap,
      first,
      indent,
    });
    offset += length;
    gap = 0;
    first = false;
  };

  while (offset < text.length) {
    const character = text.charAt(offset);
    if (character === ' ' || character === '\t' || character === '\u00a0') {
      gap++;
      if (first) indent++;
      offset++;
    } else if (character === '\n' || character === '\r') {
      add('newline', character === '\r' && text.charAt(offset + 1) === '\n' ? 2 : 1);
      first = true;
      indent = 0;
    } else if (character === '#') {
      add('comment', match(toLineEnd, offset).trimEnd().length);
      // The blanks behind a comment belong to nothing.
      offset += match(toLineEnd, offset).length;
    } else if (isWordStart(character)) {
      add('word', match(word, offset).length);
    } else if (isDigit(character) || (character === '.' && isDigit(text.charAt(offset + 1)))) {
      const digits = match(number, offset);
      const unit = match(suffix, offset + digits.length);
      const span = { start: offset, end: offset + digits.length + unit.length };
      if (/^\.|\.[0-9]/.test(unit)) {
        problems.push(syntaxProblem('bad-number', span, { text: digits + unit }));
      } else if (withUnit(digits.replaceAll('_', ''), unit) === undefined && !isNameLike(tokens, first)) {
        const suggestion = likelyUnit(unit);
        const fix = suggestion
          ? { title: `Write ${digits}${suggestion}`, edits: [{ ...span, newText: digits + suggestion }] }
          : undefined;
        problems.push(syntaxProblem('unknown-unit', span, { number: digits, unit, suggestion }, fix));
      }
      add('number', digits.length + unit.length);
    } else if (character === '"' || character === "'") {
      const literal = match(quoted, offset);
      const span = { start: offset, end: offset + literal.length };
      if (!closed.test(literal)) {
        const fix = { title: 'Close the text', edits: [{ start: span.end, end: span.end, newText: character }] };
        problems.push(syntaxProblem('unclosed-string', span, {}, fix));
      } else if (character === "'") {
        const newText = JSON.stringify(stringValue(literal));
        problems.push(
          syntaxProblem('wrong-quotes', span, {}, { title: 'Use double quotes', edits: [{ ...span, newText }] }),
        );
      }
      add('string', literal.length);
    } else if (character === '/' && text.charAt(offset + 1) === '/') {
      const length = match(toLineEnd, offset).trimEnd().length;
      const fix = { title: 'Start the comment with #', edits: [{ start: offset, end: offset + 2, newText: '#' }] };
      problems.push(syntaxProblem('wrong-comment', { start: offset, end: offset + length }, {}, fix));
      add('comment', length);
    } else if (symbols.has(character)) {
      // Every symbol is the name of its own kind.
      add(character as TokenKind, 1);
    } else {
      const length = (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
      const span = { start: offset, end: offset + length };
      const fix = character === '×' ? { title: 'Write *', edits: [{ ...span, newText: '*' }] } : undefined;
      problems.push(syntaxProblem('unexpected-character', span, { character: text.slice(span.start, span.end) }, fix));
      add('invalid', length);
    }
  }
  add('end', 0);
  return { tokens, problems };
}

/** The number in a number token, and its unit. */
export function numberParts(text: string): { readonly digits: string; readonly unit: string } {
  number.lastIndex = 0;
  const digits = number.exec(text)?.[0] ?? '';
  return { digits: digits.replaceAll('_', ''), unit: text.slice(digits.length) };
}

/** The text that a string token stands for. A backslash escapes quotes and itself; `\n` and `\t` are as everywhere. */
export function stringValue(literal: string): string {
  return literal.slice(1, closed.test(literal) ? -1 : undefined).replace(/\\(["'\\nt])/g, (_, escaped: string) => {
    if (escaped === 'n') return '\n';
    return escaped === 't' ? '\t' : escaped;
  });
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

function isWordStart(character: string): boolean {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character === '_';
}

/** A number where a name should be (`model 3b {`) is the parser's to report, as a name. */
function isNameLike(tokens: readonly Token[], first: boolean): boolean {
  return first || tokens.at(-1)?.kind === 'word';
}
