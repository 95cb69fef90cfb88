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
  const shown = (index: number) => !(logY && at(y, index) <= 0) && !(logX && at(x, index) <= 0);
  const points: Point[] = [];
  const keep = (index: number) => points.push({ x: at(x, index), y: at(y, index) });

  if (end - begin <= 4 * pixels) {
    for (let index = begin; index < end; index++) if (shown(index)) keep(index);
    return points;
  }
  const place = logX ? Math.log : (value: number) => value;
  const origin = place(logX ? Math.max(from, Number.MIN_VALUE) : from);
  const perColumn = (place(to) - origin) / Math.max(1, pixels);
  const columnOf = (index: number) => Math.floor((place(at(x, index)) - origin) / perColumn);

  let index = begin;
  while (index < end) {
    if (!shown(index)) {
      index++;
      continue;
    }
    const column = columnOf(index);
    const first = index;
    let lowest = index;
    let highest = index;
    let last = index;
    for (index++; index < end && (!shown(index) || columnOf(index) === column); index++) {
      if (!shown(index)) continue;
      if (at(y, index) < at(y, lowest)) lowest = index;
      if (at(y, index) > at(y, highest)) highest = index;
      last = index;
    }
    let previous = -1;
    for (const candidate of [first, Math.min(lowest, highest), Math.max(lowest, highest), last]) {
      if (candidate > previous) keep(candidate);
      previous = Math.max(previous, candidate);
    }
  }
  return points;
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
