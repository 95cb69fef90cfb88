import type { Cursor } from './cursor';
import { at, report, take } from './cursor';
import { commentOf, invalidAt, parseItem, removal } from './items';
import { tokenize } from './lexer';
import { repairable } from './recovery';
import type { SyntaxProblem } from './syntax-problem';
import type { Document, Item } from './tree';

/**
 * Parses a `.supra` file. Never throws: what cannot be understood becomes an `invalid` node with one problem, and the
 * rest of the file is kept. Where braces do not match, indentation tells which one is missing.
 */
export function parse(text: string): { readonly value: Document; readonly problems: readonly SyntaxProblem[] } {
  const { tokens, problems } = tokenize(text);
  const { balanced, ...repairs } = repairable(tokens);
  const cursor: Cursor = { tokens, problems: [...problems], position: 0, depth: 0, ...repairs };
  const items: Item[] = [];
  while (!at(cursor, 'end')) {
    if (at(cursor, '}')) {
      const brace = take(cursor);
      report(cursor, 'unmatched-brace', brace, {}, removal(brace));
      items.push(invalidAt(brace));
    } else {
      parseItem(cursor, items);
    }
  }
  const comments = tokens.filter(token => token.kind === 'comment').map(commentOf);
  return {
    value: { kind: 'document', start: 0, end: text.length, text, items, comments, balanced },
    problems: cursor.problems.sort((a, b) => a.start - b.start || a.end - b.end),
  };
}
