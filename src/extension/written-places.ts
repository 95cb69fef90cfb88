/** Where a part of a drawing is written, by the number that the panel knows it by. It moves with the edits of its document. */
export interface WrittenPlace {
  readonly number: number;
  readonly uri: string;
  /** Offsets, in UTF-16 units: `start` included, `end` not. */
  start: number;
  end: number;
}

/** One replacement in a document, as VS Code tells it: offsets in the text before it. */
export interface TextChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/** Moves places through the edits of a document, which are in an order in which they can be applied one by one. */
export function moveThrough(places: Iterable<WrittenPlace>, uri: string, changes: readonly TextChange[]): void {
  for (const place of places) {
    if (place.uri === uri) for (const change of changes) move(place, change);
  }
}

/** What is replaced takes the end of a place that lies in it to where the replacement begins; text before a place shifts it. */
function move(place: WrittenPlace, { rangeOffset, rangeLength, text }: TextChange): void {
  const { start, end } = place;
  const changeEnd = rangeOffset + rangeLength;
  const shift = text.length - rangeLength;
  const startsBehind = start >= changeEnd;
  const endsBehind = end >= changeEnd && end > rangeOffset;
  place.start = startsBehind ? start + shift : Math.min(start, rangeOffset);
  place.end = Math.max(place.start, endsBehind ? end + shift : Math.min(end, rangeOffset));
}

/** The number of the smallest place that holds an offset; a cursor right behind it counts. Places without any text left hold none. */
export function numberAt(places: readonly WrittenPlace[], uri: string, offset: number): number | null {
  let found: WrittenPlace | undefined;
  for (const place of places) {
    if (place.uri !== uri || place.start === place.end || offset < place.start || offset > place.end) continue;
    if (found === undefined || place.end - place.start < found.end - found.start) found = place;
  }
  return found?.number ?? null;
}
