import { lineAt, type Span, type TextEdit } from '../../base/text';
import type { Problem } from '../analysis/problem';
import type { Comment } from '../syntax/tree';
import type { Analysed } from './analysed';

/** `# supra-ignore CODE, CODE` as text: the codes of a comment with their places, and the edit that writes one. */

const marker = /#\s*supra-ignore\b:?[ \t]*([a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)?/;

/** The codes that a comment silences, where they stand. */
export function silencedCodes({ text, start }: Comment): readonly (Span & { readonly code: string })[] {
  const found = marker.exec(text);
  const list = found?.[1];
  if (!found || list === undefined) return [];
  const from = start + found.index + found[0].length - list.length;
  return [...list.matchAll(/[a-z0-9-]+/g)].map(({ 0: code, index }) => {
    return { code, start: from + index, end: from + index + code.length };
  });
}

/** The edit that silences a problem on its line. */
export function silenceEdit({ file, lines, text }: Analysed, problem: Problem): TextEdit {
  const line = lineAt(lines, problem.start);
  const comment = file.document.comments.find(({ start }) => lineAt(lines, start) === line);
  const last = comment && silencedCodes(comment).at(-1);
  if (last) return { start: last.end, end: last.end, newText: `, ${problem.code}` };
  // In front of what is said already, since only what follows the marker is for people.
  if (comment) return { start: comment.start, end: comment.start, newText: `# supra-ignore ${problem.code} ` };
  const start = lines.starts[line] ?? 0;
  const end = start + text.slice(start, lines.starts[line + 1] ?? text.length).trimEnd().length;
  return { start: end, end, newText: `  # supra-ignore ${problem.code}` };
}
