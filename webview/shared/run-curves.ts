import { formatCount, formatMeasure, formatTimes } from '../../src/base/format';
import { type Column, hasExperts, type Series } from '../../src/protocol/series';
import { axisColumn, formatValueTick } from './axis';
import { createChartCard, type NamedLine } from './chart-card';
import { createChartGroup } from './chart-group';
import { type CurveView, createCurveToolbar } from './curve-toolbar';
import { element } from './element';
import { queueDrawing } from './frame-queue';
import { smooth } from './smoothing';
import { colorOf, dashOf, type Theme } from './theme';

export interface RunCurvesView extends CurveView {
  readonly logLoss: boolean;
}

export interface NamedSeries {
  readonly name: string;
  readonly series: Series;
}

/** The charts of runs, over the same x, with their controls. */
export interface RunCurves {
  readonly root: HTMLElement;
  show(runs: readonly NamedSeries[], theme: Theme): void;
}

/** Beside the loss; `slot` is the colour where there is one run only. */
const traces = [
  { title: 'Learning rate', column: 'learningRate', format: formatMeasure, smoothed: false, slot: 0 },
  { title: 'Gradient norm', column: 'gradientNorm', format: formatMeasure, smoothed: true, slot: 2 },
  { title: 'Tokens/s', column: 'tokensPerSecond', format: formatCount, smoothed: true, slot: 3 },
  { title: 'Expert imbalance', column: 'expertImbalance', format: formatTimes, smoothed: true, slot: 1 },
] as const;

/** `alone`: there is one run; its curves are called after what they measure. */
export function createRunCurves(
  alone: boolean,
  initial: RunCurvesView,
  onChange: (view: RunCurvesView) => void,
  announce: (text: string) => void,
): RunCurves {
  let shown: { readonly runs: readonly NamedSeries[]; readonly theme: Theme } | null = null;
  // Several changes within a frame are drawn once.
  const redraw = () => queueDrawing(draw);
  const toolbar = createCurveToolbar({
    label: 'Curves',
    initial,
    switches: { logLoss: 'Log loss' },
    onChange,
    redraw,
  });
  const group = createChartGroup({
    onCursor: x => {
      for (const card of cards) card.showCursor(x);
    },
    onRange: toolbar.zoom.to,
    announce,
  });
  const loss = createChartCard({ title: 'Loss', format: formatMeasure, single: false }, group);
  const small = traces.map(trace => ({ ...trace, card: createChartCard({ ...trace, single: alone }, group) }));
  const cards = [loss, ...small.map(({ card }) => card)];
  loss.root.classList.add('wide');

  function draw(): void {
    if (shown === null) return;
    const { runs, theme } = shown;
    const { axis, smoothing, logLoss } = toolbar.view();
    group.setAxis(axis);
    const common = { axis, range: toolbar.zoom.range(), logX: false, logY: false, formatY: formatValueTick };
    const look = (slot: number) => ({
      color: colorOf(theme, slot),
      dash: dashOf(theme, slot),
      faint: theme.traceOpacity,
    });
    const lossLines = runs.flatMap(({ name, series: { steps, evals } }, slot): NamedLine[] => [
      ...traceLines({
        label: alone ? 'Train' : name,
        alone,
        x: axisColumn(steps, axis),
        y: steps.loss,
        smoothing,
        ...look(slot),
      }),
      {
        label: alone ? 'Validation' : `${name}, validation`,
        x: axisColumn(evals, axis),
        y: evals.loss,
        color: colorOf(theme, alone ? 1 : slot),
        marks: true,
      },
    ]);
    loss.show({ ...common, lines: lossLines, logY: logLoss, axisTitle: true }, theme);
    for (const { title, card, column, smoothed, slot: own } of small) {
      const lines = runs.flatMap(({ name, series }, slot) =>
        column === 'expertImbalance' && !hasExperts(series)
          ? []
          : traceLines({
              label: alone ? title : name,
              alone,
              x: axisColumn(series.steps, axis),
              y: series.steps[column],
              smoothing: smoothed ? smoothing : 0,
              ...look(alone ? own : slot),
            }),
      );
      if (column === 'expertImbalance') {
        card.root.hidden = lines.length === 0;
        grid.classList.toggle('with-experts', lines.length > 0);
      }
      card.show({ ...common, lines, axisTitle: false }, theme);
    }
  }

  const grid = element('div', { class: 'chart-grid', children: cards.map(card => card.root) });
  const root = element('div', { class: 'curves', children: [toolbar.root, grid] });
  return {
    root,
    show(runs, theme) {
      shown = { runs, theme };
      // For tests: a canvas cannot be asked what it shows.
      root.dataset.points = String(runs.reduce((sum, { series }) => sum + series.steps.step.length, 0));
      redraw();
    },
  };
}

interface Trace {
  readonly label: string;
  readonly alone: boolean;
  readonly x: Column;
  readonly y: Column;
  readonly smoothing: number;
  readonly color: string;
  readonly dash: readonly number[];
  readonly faint: number;
}

/**
 * The faint raw trace and the smoothed one over it; only the raw one, full, without smoothing. Many runs have a name
 * each, for both.
 */
function traceLines({ label, alone, x, y, smoothing, color, dash, faint }: Trace): NamedLine[] {
  if (smoothing === 0) return [{ label, x, y, color, dash }];
  return [
    { label: alone ? `${label} per step` : '', x, y, color, opacity: faint, width: 1 },
    { label: alone ? `${label} smoothed` : label, x, y: smooth(y, smoothing), color, dash, width: 2 },
  ];
}
