import { Chart, LinearScale, LineController, LogarithmicScale, type Plugin, type Scale } from 'chart.js';
import { type Axis, axisTitles, formatTick, linearTicks, logTicks } from './axis';
import { type Curve, curveOf, type Line, paintCurves } from './curve-painter';
import { element } from './element';
import { cancelDrawing, queueDrawing } from './frame-queue';
import type { Theme } from './theme';

// The only file that knows chart.js. It lays out and draws the axes; the curves on them are ours (curve-painter.ts),
// because 40 curves of a thousand points are more elements than chart.js can update within a frame.
Chart.register(LineController, LinearScale, LogarithmicScale);

export type { Line } from './curve-painter';

export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface LineChartModel {
  readonly lines: readonly Line[];
  readonly axis: Axis;
  /** Visible part of x; null shows all. */
  readonly range: Range | null;
  readonly logX: boolean;
  readonly logY: boolean;
  /** Text of a value of y beside its tick. */
  readonly formatY: (value: number) => string;
  readonly axisTitle: boolean;
  /** Instead of the words and round numbers of `axis`, for a chart over something else than training. */
  readonly x?: CustomScale;
  /** Room for the numbers of y; 44 when left out. */
  readonly axisWidth?: number;
  /** Round values of y; those of a decimal axis when left out. */
  readonly ticksY?: TickMaker;
}

/** Round positions from `min` to `max`, about `wanted` of them. */
export type TickMaker = (min: number, max: number, wanted: number) => number[];

export interface CustomScale {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly ticks: TickMaker;
}

export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface LineChart {
  readonly root: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  /** Draws in one of the next frames; calls in between cost nothing. */
  show(model: LineChartModel, theme: Theme): void;
  /** Position of the pixel, within the box of `root`. */
  pixelOfX(x: number): number;
  pixelOfY(y: number): number;
  xOfPixel(pixel: number): number;
  area(): PlotArea | null;
  /** What x shows now. */
  range(): Range;
  /** What x shows when nothing is chosen. */
  fullRange(): Range;
  /** Called after each drawing. */
  onDrawn(listener: () => void): void;
  destroy(): void;
}

const axisWidth = 44;

/** Makes an empty chart; it fills its parent. */
export function createLineChart(): LineChart {
  const canvas = element('canvas', { attributes: { 'aria-hidden': 'true' } });
  const root = element('div', { class: 'plot', children: [canvas] });
  const listeners: (() => void)[] = [];
  let chart: Chart<'line', never[]> | null = null;
  let wanted: { model: LineChartModel; theme: Theme } | null = null;
  let curves: readonly Curve[] = [];
  let full: Range = { from: 0, to: 1 };
  let shown = full;

  const schedule = () => queueDrawing(draw);
  // Also fires when a hidden panel gets its size back, which is when what was skipped is drawn.
  const resize = new ResizeObserver(schedule);
  resize.observe(root);

  const painter: Plugin<'line'> = {
    id: 'curves',
    beforeDatasetsDraw({ ctx, chartArea, scales }) {
      const { x, y } = scales;
      if (x === undefined || y === undefined || wanted === null) return;
      const { logX, logY } = wanted.model;
      const density = window.devicePixelRatio;
      paintCurves(ctx, curves, { x: projectionOf(x, logX), y: projectionOf(y, logY), density, area: chartArea });
    },
  };

  function draw(): void {
    const width = root.clientWidth;
    const height = root.clientHeight;
    if (wanted === null || width === 0 || height === 0) return;
    const { model, theme } = wanted;
    full = fullRange(model);
    shown = model.range === null ? full : within(model.range, full);
    // Four points in two columns of pixels: finer than a line is wide.
    const pixels = Math.max(1, Math.ceil((width - axisWidth) / 2));
    const view = { ...shown, pixels, logX: model.logX, logY: model.logY };
    curves = model.lines.map(line => curveOf(line, view));
    const options = optionsOf(model, theme, shown, rangeOfValues(curves, shown, model.logY));
    chart ??= new Chart<'line', never[]>(canvas, { type: 'line', data: { datasets: [] }, options, plugins: [painter] });
    chart.options = options;
    const density = window.devicePixelRatio;
    if (chart.width !== width || chart.height !== height || chart.currentDevicePixelRatio !== density) {
      chart.resize(width, height);
    }
    chart.update('none');
    for (const listener of listeners) listener();
  }

  const scale = (name: 'x' | 'y'): Scale | undefined => chart?.scales[name];
  return {
    root,
    canvas,
    show(model, theme) {
      wanted = { model, theme };
      schedule();
    },
    pixelOfX: x => scale('x')?.getPixelForValue(x) ?? 0,
    pixelOfY: y => scale('y')?.getPixelForValue(y) ?? 0,
    xOfPixel: pixel => scale('x')?.getValueForPixel(pixel) ?? 0,
    area: () => chart?.chartArea ?? null,
    range: () => shown,
    fullRange: () => full,
    onDrawn: listener => listeners.push(listener),
    destroy() {
      cancelDrawing(draw);
      resize.disconnect();
      chart?.destroy();
    },
  };
}

/** The scale as one multiplication and one addition, for tens of thousands of points. */
function projectionOf(scale: Scale, log: boolean): (value: number) => number {
  const place = log ? Math.log : (value: number) => value;
  const first = scale.getPixelForValue(scale.min);
  const perUnit = (scale.getPixelForValue(scale.max) - first) / (place(scale.max) - place(scale.min) || 1);
  const origin = place(scale.min);
  return value => first + (place(value) - origin) * perUnit;
}

/** The part of `range` where there is something to see. */
function within(range: Range, full: Range): Range {
  const from = Math.max(range.from, full.from);
  const to = Math.min(range.to, full.to);
  return from < to ? { from, to } : full;
}

/** From the first to the last position of all lines. */
function fullRange({ lines, logX }: LineChartModel): Range {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { x } of lines) {
    let first = 0;
    while (logX && first < x.length && (x[first] ?? 0) <= 0) first++;
    if (first >= x.length) continue;
    from = Math.min(from, x[first] ?? from);
    to = Math.max(to, x[x.length - 1] ?? to);
  }
  if (from > to) return { from: logX ? 1 : 0, to: logX ? 10 : 1 };
  // A run begins at nothing: only a zoom begins elsewhere.
  if (!logX && from > 0 && from < 0.1 * to) from = 0;
  if (from === to) return { from: logX ? from / 2 : Math.max(0, from - 1), to: from + 1 };
  return { from, to };
}

/** Lowest and highest value in view with some air, so that no curve runs along the frame. */
function rangeOfValues(curves: readonly Curve[], { from, to }: Range, log: boolean): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { points } of curves) {
    for (const { x, y } of points) {
      if (x < from || x > to) continue;
      if (y < low) low = y;
      if (y > high) high = y;
    }
  }
  if (low > high) return { from: log ? 0.1 : 0, to: 1 };
  if (log) {
    const air = Math.max((high / low) ** 0.05, 1.01);
    return { from: low / air, to: high * air };
  }
  const air = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  return { from: low >= 0 ? Math.max(0, low - air) : low - air, to: high + air };
}

function optionsOf(model: LineChartModel, theme: Theme, x: Range, y: Range) {
  const font = { family: theme.fontFamily, size: 11 };
  const scale = (
    range: Range,
    log: boolean,
    axis: Axis | 'value',
    format: (value: number) => string,
    makeTicks: TickMaker | undefined,
  ) => ({
    type: log ? ('logarithmic' as const) : ('linear' as const),
    min: range.from,
    max: range.to,
    border: { display: false },
    grid: { color: theme.grid, lineWidth: 1, drawTicks: false },
    ticks: {
      color: theme.muted,
      font,
      padding: 6,
      maxRotation: 0,
      autoSkip: axis !== 'value',
      autoSkipPadding: 16,
      callback: (value: string | number) => format(Number(value)),
    },
    afterBuildTicks(built: Scale) {
      const room = axis === 'value' ? built.chart.height / 40 : (built.chart.width - axisWidth) / 85;
      const wanted = Math.max(2, Math.round(room));
      const plain = log ? logTicks : linearTicks;
      const ticks = makeTicks?.(range.from, range.to, wanted) ?? plain(range.from, range.to, wanted, axis);
      built.ticks = ticks.map(value => ({ value }));
    },
  });
  return {
    animation: false as const,
    responsive: false,
    maintainAspectRatio: false,
    events: [],
    layout: { padding: { top: 4, right: 10 } },
    scales: {
      x: {
        ...scale(
          x,
          model.logX,
          model.axis,
          model.x?.format ?? (value => formatTick(model.axis, value)),
          model.x?.ticks,
        ),
        title: {
          display: model.axisTitle,
          text: model.x?.title ?? axisTitles[model.axis],
          color: theme.muted,
          font,
          padding: { top: 2, bottom: 0 },
        },
      },
      y: {
        ...scale(y, model.logY, 'value', model.formatY, model.ticksY),
        // A fixed width, so that the plot does not jump when the numbers get longer.
        afterFit(fitted: Scale) {
          fitted.width = model.axisWidth ?? axisWidth;
        },
      },
    },
  };
}
