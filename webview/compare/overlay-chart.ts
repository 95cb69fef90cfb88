import type { ComparePanelState } from '../../src/protocol/compare-panel';
import type { Column } from '../../src/protocol/series';
import { axisColumn, axisTitles, formatPosition, formatValueTick } from '../shared/axis';
import { createChartGroup, type Reading, readingsAt, type Tracked } from '../shared/chart-group';
import { createLineChart, type Line } from '../shared/charts';
import { createChoice } from '../shared/controls';
import { createCurveToolbar } from '../shared/curve-toolbar';
import { element, setText } from '../shared/element';
import { queueDrawing } from '../shared/frame-queue';
import { smooth } from '../shared/smoothing';
import { colorOf, dashOf, type Theme } from '../shared/theme';
import type { ChosenRun } from './chosen-runs';
import { metricNames, metrics } from './metrics';
import { createReadout } from './readout';

export type OverlayOptions = Pick<ComparePanelState, 'axis' | 'metric' | 'logX' | 'logY' | 'smoothing'>;

/** One quantity of all chosen runs over the same x. */
export interface OverlayChart {
  readonly root: HTMLElement;
  show(runs: readonly ChosenRun[], theme: Theme): void;
  /** Lets the others stand back; null: all are alike. */
  highlight(id: string | null): void;
  /** What is drawn, for a picture: null while nothing is. */
  picture(): { readonly canvas: HTMLCanvasElement; readonly title: string; readonly lines: readonly Tracked[] } | null;
}

export function createOverlayChart(
  initial: OverlayOptions,
  onChange: (options: OverlayOptions) => void,
  announce: (text: string) => void,
): OverlayChart {
  let shown: { readonly runs: readonly ChosenRun[]; readonly theme: Theme } | null = null;
  let tracked: readonly Tracked[] = [];
  let highlighted: string | null = null;
  const smoothed = createSmoothingCache();

  // Several changes within a frame are drawn once.
  const redraw = () => queueDrawing(draw);
  const toolbar = createCurveToolbar({
    label: 'Chart',
    initial,
    switches: { logX: 'Log x', logY: 'Log y' },
    onChange,
    redraw,
  });
  toolbar.root.prepend(
    createChoice(
      'Metric',
      metricNames.map(value => ({ value, label: metrics[value].title })),
      initial.metric,
      metric => toolbar.set({ metric }),
    ),
  );
  const chart = createLineChart();
  const readout = createReadout(chart);
  const title = element('h2');
  const empty = element('p', { class: 'plot-empty quiet' });
  const group = createChartGroup({
    onCursor: showReadout,
    onRange: toolbar.zoom.to,
    announce,
  });
  group.add({
    chart,
    label: 'Curves of the chosen runs',
    tracked: () => tracked,
    formatY: value => metrics[toolbar.view().metric].format(value),
  });

  function showReadout(x: number | null): void {
    const { metric, axis } = toolbar.view();
    const view = metrics[metric];
    const readings = x === null ? [] : inOrder(readingsAt(tracked, x), view.best);
    readout.show(x, x === null ? '' : formatPosition(axis, x), readings, view.format);
  }
  chart.onDrawn(() => showReadout(group.cursor()));

  function draw(): void {
    if (shown === null) return;
    const { runs, theme } = shown;
    const options = toolbar.view();
    const view = metrics[options.metric];
    const weight = view.perStep ? options.smoothing : 0;
    const raw: Line[] = [];
    const front: (Line & Tracked)[] = [];
    // Without the highlighted one when it is not drawn: then nothing stands back.
    const highlight = runs.some(({ id }) => id === highlighted) ? highlighted : null;
    for (const run of runs) {
      const x = axisColumn(view.table(run.series), options.axis);
      const y = view.values(run.series);
      if (x.length === 0) continue;
      const color = colorOf(theme, run.slot);
      const dash = dashOf(theme, run.slot);
      const back = highlight !== null && run.id !== highlight;
      if (weight > 0 && !back)
        raw.push({ x, y, color, opacity: theme.traceOpacity * (runs.length > 8 ? 0.5 : 0.8), width: 1 });
      front.push({
        x,
        y: weight > 0 ? smoothed(run, options.metric, y, weight) : y,
        color,
        dash,
        opacity: back ? 0.3 : 1,
        label: run.name,
        width: run.id === highlight ? 2.5 : runs.length > 8 ? 1.5 : 2,
        marks: !view.perStep,
      });
    }
    tracked = front;
    group.setAxis(options.axis);
    setText(title, `${view.title}${weight > 0 && front.length > 0 ? ', smoothed over the raw trace' : ''}`);
    setText(empty, emptyText(runs.length, front.length, view.title));
    empty.hidden = front.length > 0;
    // Evaluations are few and exact.
    toolbar.smoothing.hidden = !view.perStep;
    chart.show(
      {
        // The pointed one on top; `front` keeps its order, which is that of the readings.
        lines: [...raw, ...front.filter(line => line.opacity !== 1), ...front.filter(line => line.opacity === 1)],
        axis: options.axis,
        range: toolbar.zoom.range(),
        logX: options.logX,
        logY: options.logY,
        formatY: formatValueTick,
        axisTitle: true,
      },
      theme,
    );
  }

  const root = element('section', {
    class: 'overlay',
    attributes: { 'aria-label': 'Curves' },
    children: [
      toolbar.root,
      element('div', {
        class: 'card chart-card wide',
        children: [
          element('header', { children: [title] }),
          element('div', { class: 'plot-frame', children: [chart.root, readout.root, empty] }),
        ],
      }),
    ],
  });
  return {
    root,
    show(runs, theme) {
      shown = { runs, theme };
      // For tests: a canvas cannot be asked what it shows.
      root.dataset.points = String(runs.reduce((sum, run) => sum + run.series.steps.step.length, 0));
      redraw();
    },
    highlight(id) {
      if (id === highlighted) return;
      highlighted = id;
      redraw();
    },
    picture() {
      const { metric, axis } = toolbar.view();
      const title = `${metrics[metric].title} over ${axisTitles[axis].toLowerCase()}`;
      return tracked.length === 0 ? null : { canvas: chart.canvas, title, lines: tracked };
    },
  };
}

const emptyText = (chosen: number, drawn: number, title: string): string =>
  chosen === 0
    ? 'Choose runs in the list to see their curves.'
    : drawn === 0
      ? `The chosen runs have no ${title.toLowerCase()} yet.`
      : '';

/** Best first, where there is a best. */
function inOrder(readings: readonly Reading[], best: 'low' | 'high' | null): Reading[] {
  return best === null ? [...readings] : [...readings].sort((a, b) => (best === 'low' ? a.y - b.y : b.y - a.y));
}

/** Smoothing 20 runs of 20,000 rows at each redraw would be the slowest part of it. */
function createSmoothingCache() {
  const cache = new Map<string, { readonly key: string; readonly values: Float64Array }>();
  return (run: ChosenRun, metric: string, values: Column, weight: number): Float64Array => {
    const place = `${run.id} ${metric}`;
    const key = `${run.revision} ${weight}`;
    const known = cache.get(place);
    if (known?.key === key) return known.values;
    const made = smooth(values, weight);
    cache.set(place, { key, values: made });
    return made;
  };
}
