/** Width of a text in pixels. */
export type Measure = (text: string, size: number, bold?: boolean) => number;

/** The text, cut with an ellipsis where it is wider than `room`; empty where not even that fits. */
export function cut(text: string, room: number, size: number, measure: Measure, bold = false): string {
  if (measure(text, size, bold) <= room) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(`${text.slice(0, middle).trimEnd()}…`, size, bold) <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low).trimEnd()}…`;
}

/** The text over at most `most` lines, parted between words and after hyphens; what is left over is cut. */
export function wrap(
  text: string,
  room: number,
  size: number,
  measure: Measure,
  { bold = false, most = 2 }: { readonly bold?: boolean; readonly most?: number } = {},
): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest !== '' && lines.length < most - 1 && measure(rest, size, bold) > room) {
    const pieces = rest.split(/(?<=[ -])/);
    const begin = (count: number) => pieces.slice(0, count).join('').trimEnd();
    let count = pieces.length - 1;
    while (count > 1 && measure(begin(count), size, bold) > room) count--;
    if (count < 1) break;
    lines.push(cut(begin(count), room, size, measure, bold));
    rest = pieces.slice(count).join('');
  }
  return [...lines, cut(rest, room, size, measure, bold)];
}

/** Puts pieces into lines no wider than `room`, `gap` apart. A piece that is wider has a line of its own. */
export function flow(
  widths: readonly number[],
  room: number,
  gap: number,
): readonly { readonly x: number; readonly line: number }[] {
  let x = 0;
  let line = 0;
  return widths.map(width => {
    if (x > 0 && x + width > room) {
      x = 0;
      line++;
    }
    const place = { x, line };
    x += width + gap;
    return place;
  });
}

/** Measures with the page's own font. */
export function pageMeasure(fontFamily: string): Measure {
  const context = document.createElement('canvas').getContext('2d');
  const known = new Map<string, number>();
  return (text, size, bold = false) => {
    const key = `${size} ${bold} ${text}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    if (context === null) return text.length * size * 0.6;
    context.font = `${bold ? '600 ' : ''}${size}px ${fontFamily}`;
    const { width } = context.measureText(text);
    known.set(key, width);
    return width;
  };
}
