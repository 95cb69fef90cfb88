import { formatMeasure } from '../base/format';
import type { Paint, Style } from './terminal-text';

/** A curve of a text chart. Points must be in the order of x. */
export interface TextCurve {
  readonly style: Style;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface TextChart {
  /** Columns and lines of the whole chart, labels included. */
  readonly width: number;
  readonly height: number;
  /** Where the x axis ends, known before the curve gets there. */
  readonly xEnd: number;
  readonly paint: Paint;
  /** Braille dots (2 x 4 per character); otherwise plain characters. */
  readonly unicode: boolean;
}

/** Width of the labels at the left. */
const labelWidth = 8;
/** Bits of the dots of a braille character, by column and line. */
const dotBits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

/** Draws curves as lines of text, with the highest and lowest value at the left. Values that are not finite are left out. */
export function textChart(curves: readonly TextCurve[], chart: TextChart): string[] {
  const columns = Math.max(4, chart.width - labelWidth - 2);
  const rows = Math.max(2, chart.height);
  const across = chart.unicode ? 2 : 1;
  const down = chart.unicode ? 4 : 1;
  const values = curves.flatMap(curve => curve.y.filter(Number.isFinite));
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const span = high - low || 1;
  const cells: { bits: number; style: Style | null }[][] = Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => ({ bits: 0, style: null })),
  );

  const dot = (x: number, y: number, style: Style) => {
    const cell = cells[Math.floor(y / down)]?.[Math.floor(x / across)];
    if (cell === undefined) return;
    cell.bits |= chart.unicode ? (dotBits[x % 2]?.[y % 4] ?? 0) : 1;
    cell.style = style;
  };
  const dotColumn = (x: number) => Math.round((x / Math.max(chart.xEnd, 1)) * (columns * across - 1));
  const dotLine = (y: number) => Math.round(((high - y) / span) * (rows * down - 1));

  for (const { x, y, style } of curves) {
    let previous: { column: number; line: number } | null = null;
    for (const [column, range] of rangesByColumn(x, y, dotColumn)) {
      const top = dotLine(range.highest);
      const bottom = dotLine(range.lowest);
      for (let line = top; line <= bottom; line++) dot(column, line, style);
      if (previous !== null) join(previous, { column, line: dotLine(range.first) }, (a, b) => dot(a, b, style));
      previous = { column, line: dotLine(range.last) };
    }
  }

  const axis = chart.unicode ? ['┤', '│'] : ['+', '|'];
  return cells.map((line, index) => {
    const value = index === 0 ? high : index === rows - 1 ? low : null;
    const label = value !== null && Number.isFinite(value) ? formatMeasure(value) : '';
    const body = line
      .map(({ bits, style }) =>
        style === null ? ' ' : chart.paint(style, chart.unicode ? String.fromCharCode(0x2800 + bits) : '*'),
      )
      .join('');
    return `${chart.paint('dim', `${label.padStart(labelWidth)} ${label === '' ? axis[1] : axis[0]}`)}${body}`.trimEnd();
  });
}

interface ColumnRange {
  readonly first: number;
  last: number;
  lowest: number;
  highest: number;
}

/** All points of a dot column as one range, so that a spike between two columns is drawn. */
function rangesByColumn(
  x: readonly number[],
  y: readonly number[],
  columnOf: (x: number) => number,
): Map<number, ColumnRange> {
  const ranges = new Map<number, ColumnRange>();
  x.forEach((position, index) => {
    const value = y[index];
    if (value === undefined || !Number.isFinite(value)) return;
    const column = columnOf(position);
    const range = ranges.get(column);
    if (range === undefined) ranges.set(column, { first: value, last: value, lowest: value, highest: value });
    else {
      range.last = value;
      range.lowest = Math.min(range.lowest, value);
      range.highest = Math.max(range.highest, value);
    }
  });
  return ranges;
}

/** Dots of the straight line between two dots. */
function join(
  from: { column: number; line: number },
  to: { column: number; line: number },
  dot: (column: number, line: number) => void,
): void {
  const count = Math.max(Math.abs(to.column - from.column), Math.abs(to.line - from.line));
  for (let part = 1; part < count; part++) {
    const share = part / count;
    dot(
      Math.round(from.column + (to.column - from.column) * share),
      Math.round(from.line + (to.line - from.line) * share),
    );
  }
}
