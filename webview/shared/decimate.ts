import type { Column } from '../../src/protocol/series';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Window {
  /** Visible part of x. */
  readonly from: number;
  readonly to: number;
  /** Columns of pixels that this part is drawn on. */
  readonly pixels: number;
  readonly logX: boolean;
  /** Values at or below zero have no place on a logarithmic axis and are left out. */
  readonly logY: boolean;
}

/**
 * Keeps at most four points per column of pixels: the first, the lowest, the highest and the last. A line through them
 * covers the same pixels as a line through all (M4, Jugel et al., 2014), so no spike is lost. `x` must not decrease.
 * One point on each side of the window is kept, so that the line runs to the edges.
 */
export function decimate(x: Column, y: Column, window: Window): Point[] {
  const { from, to, pixels, logX, logY } = window;
  const length = Math.min(x.length, y.length);
  const begin = Math.max(0, lowerBound(x, from, length) - 1);
  const end = Math.min(length, upperBound(x, to, length) + 1);
  const points: Point[] = [];
  const keep = (index: number) => points.push({ x: at(x, index), y: at(y, index) });
  const first = firstShown(x, y, begin, end, logX, logY);

  if (end - begin <= 4 * pixels) {
    for (let index = first; index < end; index++) if (!logY || at(y, index) > 0) keep(index);
    return points;
  }
  let index = first;
  while (index < end) {
    // One comparison per value: the end of the column is looked up, not computed for each.
    const columnEnd = endOfColumn(at(x, index), window);
    let lowest = index;
    let highest = index;
    let low = at(y, index);
    let high = low;
    let last = index;
    const start = index;
    for (index++; index < end && at(x, index) < columnEnd; index++) {
      const value = at(y, index);
      if (logY && value <= 0) continue;
      last = index;
      if (value < low) {
        low = value;
        lowest = index;
      } else if (value > high) {
        high = value;
        highest = index;
      }
    }
    while (logY && index < end && at(y, index) <= 0) index++;
    keep(start);
    const [earlier, later] = lowest < highest ? [lowest, highest] : [highest, lowest];
    if (earlier > start) keep(earlier);
    if (later > earlier) keep(later);
    if (last > later) keep(last);
  }
  return points;
}

/** The first index that has a place on the axes. `x` does not decrease: after it only `y` can be without one. */
function firstShown(x: Column, y: Column, begin: number, end: number, logX: boolean, logY: boolean): number {
  let index = begin;
  while (index < end && ((logX && at(x, index) <= 0) || (logY && at(y, index) <= 0))) index++;
  return index;
}

/** Where the column of pixels that holds `value` ends. */
function endOfColumn(value: number, { from, to, pixels, logX }: Window): number {
  if (!logX) {
    const width = (to - from) / Math.max(1, pixels);
    return from + (Math.floor((value - from) / width) + 1) * width;
  }
  const origin = Math.log(Math.max(from, Number.MIN_VALUE));
  const width = (Math.log(to) - origin) / Math.max(1, pixels);
  return Math.exp(origin + (Math.floor((Math.log(value) - origin) / width) + 1) * width);
}

/** Index of the value nearest to `target` in non-decreasing values; -1 when there are none. */
export function nearestIndex(values: Column, target: number): number {
  const right = lowerBound(values, target, values.length);
  if (right === 0) return values.length === 0 ? -1 : 0;
  if (right === values.length) return right - 1;
  return target - at(values, right - 1) <= at(values, right) - target ? right - 1 : right;
}

/** First index whose value is not below `target`. */
function lowerBound(values: Column, target: number, length: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(values, middle) < target) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First index whose value is above `target`. */
function upperBound(values: Column, target: number, length: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(values, middle) <= target) low = middle + 1;
    else high = middle;
  }
  return low;
}

const at = (values: Column, index: number): number => values[index] ?? Number.NaN;
