import type { Span, TextEdit } from '../../base/text';
import { format } from '../syntax/printer';

/** The edits that bring a file into its canonical form; none while it has syntax errors. */
export const formatEdits = (text: string): readonly TextEdit[] => blankEdits(text, format(text));

/** The same for a part of a file: only what lies on its lines changes. */
export function formatRangeEdits(text: string, span: Span): readonly TextEdit[] {
  const start = text.lastIndexOf('\n', span.start - 1) + 1;
  const newline = text.indexOf('\n', span.end);
  const end = newline < 0 ? text.length : newline;
  return formatEdits(text).filter(edit => edit.start >= start - 1 && edit.end <= end + 1);
}

/**
 * The edits between two texts that differ in blanks only: one small edit per run of blanks, so that cursors and
 * breakpoints stay where they are. If more than blanks differs, one edit for everything.
 */
function blankEdits(before: string, after: string): readonly TextEdit[] {
  if (before === after) return [];
  const edits: TextEdit[] = [];
  let from = 0;
  let to = 0;
  while (from < before.length || to < after.length) {
    const fromEnd = blanksEnd(before, from);
    const toEnd = blanksEnd(after, to);
    const newText = after.slice(to, toEnd);
    if (before.slice(from, fromEnd) !== newText) edits.push({ start: from, end: fromEnd, newText });
    from = fromEnd;
    to = toEnd;
    if (before[from] !== after[to]) return [{ start: 0, end: before.length, newText: after }];
    if (from < before.length) {
      from++;
      to++;
    }
  }
  return edits;
}

function blanksEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && /\s/.test(text.charAt(end))) end++;
  return end;
}
