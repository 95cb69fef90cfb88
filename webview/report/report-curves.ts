import { formatCount, formatMeasure } from '../../src/base/format';
import type { ReportRun } from '../../src/protocol/report';
import type { Column, Series } from '../../src/protocol/series';
import { type Axis, axes, axisColumn, axisTitles, formatValueTick } from '../shared/axis';
import { createChartCard, type NamedLine } from '../shared/chart-card';
import { createChartGroup } from '../shared/chart-group';
import type { Range } from '../shared/charts';
import { createButton, createCheckbox, createChoice, createSlider } from '../shared/controls';
import { element } from '../shared/element';
import { smooth } from '../shared/smoothing';
import { colorOf, dashOf, onThemeChange, readTheme, type Theme } from '../shared/theme';

/** The curves of all runs over the same x: loss with validation, learning rate, gradient norm, speed. */
export function createReportCurves(runs: readonly ReportRun[], announce: (text: string) => void): HTMLElement {
  let axis: Axis = 'step';
  let logLoss = false;
  let smoothing = 0.6;
  let range: Range | null = null;
  let theme = readTheme();
  const single = runs.length === 1;

  const group = createChartGroup({
    onCursor: x => {
      for (const { card } of charts) card.showCursor(x);
    },
    onRange: chosen => {
      range = chosen;
      draw();
    },
    announce,
  });
  const named = (title: string, format: (value: number) => string, alone = single) =>
    createChartCard({ title, format, single: alone }, group);
  const trace =
    (column: 'learningRate' | 'gradientNorm' | 'tokensPerSecond', smoothed: boolean) =>
    (series: Series, name: string, color: string, dash: readonly number[]): NamedLine[] =>
      lineOf(name, axisColumn(series.steps, axis), series.steps[column], smoothed ? smoothing : 0, color, dash);
  const charts = [
    { card: named('Loss', formatMeasure, false), log: () => logLoss, lines: lossLines },
    { card: named('Learning rate', formatMeasure), log: () => false, lines: trace('learningRate', false) },
    { card: named('Gradient norm', formatMeasure), log: () => false, lines: trace('gradientNorm', true) },
    { card: named('Tokens/s', formatCount), log: () => false, lines: trace('tokensPerSecond', true) },
  ];
  charts[0]?.card.root.classList.add('wide');

  function lossLines(series: Series, name: string, color: string, dash: readonly number[]): NamedLine[] {
    const train = single ? 'Train' : name;
    return [
      ...lineOf(train, axisColumn(series.steps, axis), series.steps.loss, smoothing, color, dash),
      {
        label: single ? 'Validation' : `${name}, validation`,
        x: axisColumn(series.evals, axis),
        y: series.evals.loss,
        color: single ? colorOf(theme, 1) : color,
        marks: true,
      },
    ];
  }

  function draw(): void {
    group.setAxis(axis);
    showAll.hidden = range === null;
    for (const [index, { card, log, lines }] of charts.entries()) {
      const all = runs.flatMap(({ record, series }, slot) =>
        lines(series, record.name, colorOf(theme, slot), dashOf(theme, slot)),
      );
      card.show(
        { axis, range, logX: false, logY: log(), formatY: formatValueTick, axisTitle: index === 0, lines: all },
        theme,
      );
    }
  }

  const showAll = createButton('Show all', {
    title: 'Shows everything again (key 0, or a double click on a chart)',
    onClick: () => {
      range = null;
      draw();
    },
  });
  showAll.classList.add('small');
  const toolbar = element('div', {
    class: 'toolbar',
    attributes: { role: 'group', 'aria-label': 'Curves' },
    children: [
      createChoice(
        'X axis',
        axes.map(value => ({ value, label: axisTitles[value] })),
        axis,
        chosen => {
          axis = chosen;
          range = null;
          draw();
        },
      ),
      createSlider('Smoothing', smoothing, { max: 0.99, step: 0.01, show: value => value.toFixed(2) }, value => {
        smoothing = value;
        draw();
      }),
      createCheckbox('Log loss', logLoss, checked => {
        logLoss = checked;
        draw();
      }),
      showAll,
    ],
  });
  const onTheme = (changed: Theme) => {
    theme = changed;
    draw();
  };
  onThemeChange(() => onTheme(readTheme()));
  draw();
  return element('div', {
    class: 'curves',
    children: [toolbar, element('div', { class: 'chart-grid', children: charts.map(({ card }) => card.root) })],
  });
}

/** A smoothed curve over its faint raw trace; only the raw one without smoothing. */
function lineOf(
  label: string,
  x: Column,
  y: Column,
  smoothing: number,
  color: string,
  dash: readonly number[],
): NamedLine[] {
  if (smoothing === 0) return [{ label, x, y, color, dash }];
  return [
    { label: `${label} per step`, x, y, color, opacity: 0.25, width: 1 },
    { label, x, y: smooth(y, smoothing), color, dash, width: 2 },
  ];
}
