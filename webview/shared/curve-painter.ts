import type { Column } from '../../src/protocol/series';
import { decimate, type Point, type Window } from './decimate';

/** One curve. `x` must not decrease. */
export interface Line {
  readonly x: Column;
  readonly y: Column;
  readonly color: string;
  readonly dash?: readonly number[];
  readonly width?: number;
  /** 0 to 1; raw traces behind smoothed ones are faint. */
  readonly opacity?: number;
  /** Draw a mark at every value: for the few points of an evaluation. */
  readonly marks?: boolean;
}

/** A curve cut down to what the pixels can show. */
export interface Curve {
  readonly line: Line;
  readonly points: readonly Point[];
}

/** Where values are on the canvas. */
export interface Projection {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  /** Pixels of the screen per unit of the canvas. */
  readonly density: number;
  readonly area: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
}

/** Cuts a curve down for a window. Columns must not be changed afterwards. */
export function curveOf(line: Line, window: Window): Curve {
  const { from, to, pixels, logX, logY } = window;
  const key = [from, to, pixels, logX, logY].join();
  const known = cut.get(line.y);
  if (known !== undefined && known.x === line.x && known.key === key) return { line, points: known.points };
  const points = decimate(line.x, line.y, window);
  cut.set(line.y, { x: line.x, key, points });
  return { line, points };
}

/** The last cut of each column of values: raw traces stay the same while the smoothing changes. */
const cut = new WeakMap<Column, { readonly x: Column; readonly key: string; readonly points: readonly Point[] }>();

/** Draws curves, later ones on top. */
export function paintCurves(context: CanvasRenderingContext2D, curves: readonly Curve[], projection: Projection): void {
  const { left, top, right, bottom } = projection.area;
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  context.lineJoin = 'round';
  for (const { line, points } of curves) {
    context.globalAlpha = line.opacity ?? 1;
    context.strokeStyle = line.color;
    context.fillStyle = line.color;
    if (points.length > strandsFrom) paintStrands(context, line, points, projection);
    else paintStroke(context, line, points, projection);
    if (line.marks === true || points.length === 1) paintMarks(context, points, projection);
  }
  context.restore();
}

/** From this number of points on a wide or dashed stroke costs more than a frame has, where no graphics card helps. */
const strandsFrom = 300;

function paintStroke(
  context: CanvasRenderingContext2D,
  { width = 1.5, dash = [] }: Line,
  points: readonly Point[],
  { x, y }: Projection,
): void {
  context.lineWidth = width;
  context.setLineDash([...dash]);
  context.beginPath();
  for (const point of points) context.lineTo(x(point.x), y(point.y));
  context.stroke();
}

/**
 * A wide line as a few lines of one screen pixel side by side, and dashes by leaving points out: lines of one pixel
 * have a fast path in every rasterizer (measured: 30 times faster for 20 curves of 1,700 points, 140 times when dashed).
 */
function paintStrands(
  context: CanvasRenderingContext2D,
  { width = 1.5, dash = [] }: Line,
  points: readonly Point[],
  { x, y, density }: Projection,
): void {
  const [on = 1, off = 0] = dash;
  const path = new Path2D();
  let drawing = false;
  for (const point of points) {
    const place = x(point.x);
    const visible = place % (on + off) <= on;
    if (visible && drawing) path.lineTo(place, y(point.y));
    else if (visible) path.moveTo(place, y(point.y));
    drawing = visible;
  }
  context.lineWidth = 1 / density;
  context.setLineDash([]);
  const strands = Math.max(1, Math.round(width * density));
  for (let strand = 0; strand < strands; strand++) {
    // Across the way a loss falls, so that the line is as wide where it is steep.
    const aside = ((strand - (strands - 1) / 2) / density) * 0.75;
    context.translate(aside, -aside);
    context.stroke(path);
    context.translate(-aside, aside);
  }
}

function paintMarks(context: CanvasRenderingContext2D, points: readonly Point[], { x, y }: Projection): void {
  const radius = points.length > 80 ? 1.5 : 2.5;
  context.setLineDash([]);
  context.beginPath();
  for (const point of points) {
    const [centerX, centerY] = [x(point.x), y(point.y)];
    context.moveTo(centerX + radius, centerY);
    context.arc(centerX, centerY, radius, 0, 2 * Math.PI);
  }
  context.fill();
}
