import type { Token } from './lexer';

/**
 * How many braces indentation may repair: those that are opened and never closed, and those that close nothing. A file
 * whose braces match (it is `balanced`), or that is not indented, has none, and then indentation means nothing.
 */
export function repairable(tokens: readonly Token[]): {
  readonly lacking: number;
  readonly surplus: number;
  readonly balanced: boolean;
} {
  let depth = 0;
  let surplus = 0;
  let indented = 0;
  let flush = 0;
  for (const token of tokens) {
    if (token.kind === '{') {
      depth++;
    } else if (token.kind === '}') {
      if (depth > 0) depth--;
      else surplus++;
    } else if (token.kind === 'word' && token.first) {
      if (token.indent > 0) indented++;
      else if (depth > 0) flush++;
    }
  }
  const balanced = depth === 0 && surplus === 0;
  return indented > 0 && indented >= flush
    ? { lacking: depth, surplus, balanced }
    : { lacking: 0, surplus: 0, balanced };
}
