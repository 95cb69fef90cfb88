/**
 * Where `text` may be cut so that both sides are tokenized as the whole would be: before the last run of white space,
 * because no word of a byte-level tokenizer goes on across its start. -1 where there is no such place.
 */
export function lastWordBorder(text: string): number {
  for (let at = text.length - 1; at > 0; at--) {
    if (isSpace(text.charCodeAt(at)) && !isSpace(text.charCodeAt(at - 1))) return at;
  }
  return -1;
}

/** `at`, or one less where `at` would part a surrogate pair or a CR from its LF. */
export function characterBorder(text: string, at: number): number {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  const partsPair = before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
  return partsPair || (before === 13 && after === 10) ? at - 1 : at;
}

/** Borders that a reader would accept, the best first: paragraph, line, sentence, word. */
const borders = ['\n\n', '\n', '. ', '。', ' '];

/**
 * The best place to cut `text` near `target`: behind the best kind of border that lies within `reach` of it, the nearest
 * one of that kind; else at `target`, between two characters.
 */
export function cutNear(text: string, target: number, reach: number): number {
  for (const border of borders) {
    const from = Math.max(0, target - reach);
    const near = text.slice(from, Math.min(text.length, target + reach));
    const middle = target - from;
    const before = near.lastIndexOf(border, middle - border.length);
    const after = near.indexOf(border, Math.max(0, middle - border.length));
    const places = [before, after].filter(at => at >= 0).map(at => from + at + border.length);
    const [first, second] = places;
    if (first === undefined) continue;
    return second !== undefined && Math.abs(second - target) < Math.abs(first - target) ? second : first;
  }
  return characterBorder(text, target);
}

/** The white space of JavaScript's `\s`. */
function isSpace(unit: number): boolean {
  if (unit < 0x80) return unit === 32 || (unit >= 9 && unit <= 13);
  return (
    unit === 0xa0 ||
    unit === 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 ||
    unit === 0x2029 ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000 ||
    unit === 0xfeff
  );
}
