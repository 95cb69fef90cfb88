import { formatCount, formatMeasure } from '../../src/base/format';
import type { Column, Series } from '../../src/protocol/series';
import { type Axis, axes, axisColumn, axisTitles, formatValueTick } from '../shared/axis';
import { createChartCard, type NamedLine } from '../shared/chart-card';
import { createChartGroup } from '../shared/chart-group';
import type { Range } from '../shared/charts';
import { createButton, createCheckbox, createChoice, createSlider } from '../shared/controls';
import { element } from '../shared/element';
import { queueDrawing } from '../shared/frame-queue';
import { smooth } from '../shared/smoothing';
import { colorOf, type Theme } from '../shared/theme';

/** How the user looks at the curves; kept over a reload. */
export interface CurvesOptions {
  readonly axis: Axis;
  readonly logLoss: boolean;
  readonly smoothing: number;
}

/** The four charts of a run, over the same x, with their controls. */
export interface Curves {
  readonly root: HTMLElement;
  show(series: Series, theme: Theme): void;
}

export function createCurves(
  initial: CurvesOptions,
  onChange: (options: CurvesOptions) => void,
  announce: (text: string) => void,
): Curves {
  let options = initial;
  let range: Range | null = null;
  let shown: { readonly series: Series; readonly theme: Theme } | null = null;

  const group = createChartGroup({
    onCursor: x => {
      for (const card of cards) card.showCursor(x);
    },
    onRange: chosen => {
      range = chosen;
      redraw();
    },
    announce,
  });
  const loss = createChartCard({ title: 'Loss', format: formatMeasure, single: false }, group);
  const rate = createChartCard({ title: 'Learning rate', format: formatMeasure, single: true }, group);
  const norm = createChartCard({ title: 'Gradient norm', format: formatMeasure, single: true }, group);
  const speed = createChartCard({ title: 'Tokens/s', format: formatCount, single: true }, group);
  const cards = [loss, rate, norm, speed];
  loss.root.classList.add('wide');

  const set = (changed: Partial<CurvesOptions>) => {
    options = { ...options, ...changed };
    onChange(options);
    redraw();
  };
  const resetZoom = createButton('Show all', {
    title: 'Shows the whole run again (key 0, or a double click on a chart)',
    onClick: () => {
      range = null;
      redraw();
    },
  });
  resetZoom.classList.add('small');
  const toolbar = element('div', {
    class: 'toolbar',
    attributes: { role: 'group', 'aria-label': 'Curves' },
    children: [
      createChoice(
        'X axis',
        axes.map(value => ({ value, label: axisTitles[value] })),
        options.axis,
        axis => {
          range = null;
          set({ axis });
        },
      ),
      createSlider(
        'Smoothing',
        options.smoothing,
        { max: 0.99, step: 0.01, show: value => value.toFixed(2) },
        smoothing => set({ smoothing }),
      ),
      createCheckbox('Log loss', options.logLoss, logLoss => set({ logLoss })),
      resetZoom,
    ],
  });

  // Several changes within a frame are drawn once.
  const redraw = () => queueDrawing(draw);

  function draw(): void {
    if (shown === null) return;
    const { series, theme } = shown;
    group.setAxis(options.axis);
    resetZoom.hidden = range === null;
    const common = { axis: options.axis, range, logX: false, logY: false, formatY: formatValueTick };
    const x = axisColumn(series.steps, options.axis);
    loss.show({ ...common, lines: lossLines(series, options, theme), logY: options.logLoss, axisTitle: true }, theme);
    const small = (y: Column, color: string): NamedLine[] => [{ label: '', x, y, color }];
    rate.show({ ...common, lines: small(series.steps.learningRate, colorOf(theme, 0)), axisTitle: false }, theme);
    norm.show(
      {
        ...common,
        lines: smoothed('', x, series.steps.gradientNorm, options.smoothing, colorOf(theme, 2)),
        axisTitle: false,
      },
      theme,
    );
    speed.show(
      {
        ...common,
        lines: smoothed('', x, series.steps.tokensPerSecond, options.smoothing, colorOf(theme, 3)),
        axisTitle: false,
      },
      theme,
    );
  }

  const root = element('div', {
    class: 'curves',
    children: [toolbar, element('div', { class: 'chart-grid', children: cards.map(card => card.root) })],
  });
  return {
    root,
    show(series, theme) {
      shown = { series, theme };
      // For tests: a canvas cannot be asked what it shows.
      root.dataset.points = String(series.steps.step.length);
      redraw();
    },
  };
}

function lossLines(series: Series, { axis, smoothing }: CurvesOptions, theme: Theme): NamedLine[] {
  const train = smoothed('Train', axisColumn(series.steps, axis), series.steps.loss, smoothing, colorOf(theme, 0));
  const validation = {
    label: 'Validation',
    x: axisColumn(series.evals, axis),
    y: series.evals.loss,
    color: colorOf(theme, 1),
    marks: true,
  };
  return [...train, validation];
}

/** The faint raw trace and the smoothed one over it; only the raw one, full, without smoothing. */
function smoothed(label: string, x: Column, y: Column, weight: number, color: string): NamedLine[] {
  if (weight === 0) return [{ label, x, y, color }];
  return [
    { label: `${label} per step`, x, y, color, opacity: 0.28, width: 1 },
    { label: `${label} smoothed`, x, y: smooth(y, weight), color, width: 2 },
  ];
}
