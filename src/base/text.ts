/**
 * Places in a text. Offsets and characters count UTF-16 units, as JavaScript strings and the language server protocol do.
 */

/** A piece of a text, as offsets: `start` included, `end` not. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A place as an editor counts it: both from zero. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** A piece of a text, as positions: `start` included, `end` not. */
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** One replacement in a text. */
export interface TextEdit extends Span {
  readonly newText: string;
}

/** A text with the offset at which each of its lines starts. */
export interface LineIndex {
  readonly text: string;
  readonly starts: readonly number[];
}

/** Finds the line starts of a text; `\n`, `\r\n` and `\r` end a line. */
export function lineIndex(text: string): LineIndex {
  const starts = [0];
  for (let offset = 0; offset < text.length; offset++) {
    const code = text.charCodeAt(offset);
    if (code === 10 || (code === 13 && text.charCodeAt(offset + 1) !== 10)) starts.push(offset + 1);
  }
  return { text, starts };
}

/** The line (from zero) that holds an offset. Offsets outside the text are moved to its nearest end. */
export function lineAt(index: LineIndex, offset: number): number {
  let low = 0;
  let high = index.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((index.starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The offsets of a line without its line break. */
export function lineSpan(index: LineIndex, line: number): Span {
  const start = index.starts[line] ?? index.text.length;
  let end = index.starts[line + 1] ?? index.text.length;
  while (end > start && (index.text.charCodeAt(end - 1) === 10 || index.text.charCodeAt(end - 1) === 13)) end--;
  return { start, end };
}

/** The text of a line without its line break. */
export function lineText(index: LineIndex, line: number): string {
  const { start, end } = lineSpan(index, line);
  return index.text.slice(start, end);
}

export function positionAt(index: LineIndex, offset: number): Position {
  const inside = Math.max(0, Math.min(offset, index.text.length));
  const line = lineAt(index, inside);
  return { line, character: inside - (index.starts[line] ?? 0) };
}

/** The offset of a position; a character behind the end of its line means the end of that line. */
export function offsetAt(index: LineIndex, position: Position): number {
  if (position.line < 0) return 0;
  if (position.line >= index.starts.length) return index.text.length;
  const { start, end } = lineSpan(index, position.line);
  return Math.max(start, Math.min(start + position.character, end));
}

export function rangeOf(index: LineIndex, span: Span): Range {
  return { start: positionAt(index, span.start), end: positionAt(index, span.end) };
}

export function spanOf(index: LineIndex, range: Range): Span {
  return { start: offsetAt(index, range.start), end: offsetAt(index, range.end) };
}

/** Whether a span holds an offset; a cursor right behind the last character counts as inside. */
export function touches(span: Span, offset: number): boolean {
  return span.start <= offset && offset <= span.end;
}

/** The text after some edits. They may be in any order but must not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let result = '';
  let done = 0;
  for (const edit of sorted) {
    if (edit.start < done)
      throw new Error(`edits overlap: expected one to start at ${done} or later, got ${edit.start}`);
    result += text.slice(done, edit.start) + edit.newText;
    done = edit.end;
  }
  return result + text.slice(done);
}
