import type { Span } from '../../base/text';
import { pathAt } from '../syntax/tree';
import type { Analysed } from './analysed';

/** The pieces of text around an offset that are worth selecting, the smallest first. */
export function selectionRanges({ file }: Analysed, offset: number): readonly Span[] {
  const spans: Span[] = [];
  for (const { start, end, kind } of pathAt(file.document, offset).toReversed()) {
    const push = (span: Span) => {
      const last = spans.at(-1);
      const grows =
        !last || (span.start <= last.start && span.end >= last.end && (span.start < last.start || span.end > last.end));
      if (span.end > span.start && grows) spans.push(span);
    };
    if (kind === 'body' || kind === 'list' || kind === 'group')
      push({ start: start + 1, end: Math.max(start + 1, end - 1) });
    push({ start, end });
  }
  return spans;
}
