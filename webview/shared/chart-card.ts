import { type ChartGroup, readingsAt } from './chart-group';
import { createLineChart, type Line, type LineChart, type LineChartModel } from './charts';
import { element, setText } from './element';
import type { Theme } from './theme';

/** A curve with its name; without one it has no place in the legend. */
export interface NamedLine extends Line {
  readonly label: string;
}

export interface ChartCardModel extends Omit<LineChartModel, 'lines'> {
  readonly lines: readonly NamedLine[];
}

/** A chart with its title and a legend that reads the values at the cross-hair, or else the last ones. */
export interface ChartCard {
  readonly root: HTMLElement;
  readonly chart: LineChart;
  show(model: ChartCardModel, theme: Theme): void;
  showCursor(x: number | null): void;
}

export interface ChartCardOptions {
  readonly title: string;
  /** Text of a value in the legend. */
  readonly format: (value: number) => string;
  /** One quantity: the legend is its value alone. */
  readonly single: boolean;
}

export function createChartCard({ title, format, single }: ChartCardOptions, group: ChartGroup): ChartCard {
  const chart = createLineChart();
  const legend = element('dl', { class: single ? 'legend single' : 'legend' });
  const root = element('section', {
    class: 'card chart-card',
    attributes: { 'aria-label': title },
    children: [
      element('header', { children: [element('h2', { text: title }), legend] }),
      element('div', { class: 'plot-frame', children: [chart.root] }),
    ],
  });
  let lines: readonly NamedLine[] = [];
  const entries: { readonly root: HTMLElement; readonly name: HTMLElement; readonly value: HTMLElement }[] = [];
  // The raw trace is the same quantity as its smoothed one: a dot of its own would only hide the other.
  const tracked = () => lines.filter(line => (line.opacity ?? 1) >= 0.6);
  group.add({ chart, label: title, tracked, formatY: format });

  function makeEntry() {
    const name = element('dt');
    const value = element('dd', { class: 'number' });
    const entry = element('div', { children: [name, value] });
    legend.append(entry);
    entries.push({ root: entry, name, value });
  }

  const showCursor = (x: number | null) => {
    const named = single ? tracked() : lines.filter(({ label }) => label !== '');
    while (entries.length < named.length) makeEntry();
    entries.forEach((entry, index) => {
      const line = named[index];
      entry.root.hidden = line === undefined;
      if (line === undefined) return;
      entry.root.classList.toggle('dashed', (line.dash?.length ?? 0) > 0);
      entry.root.classList.toggle('marked', line.marks === true);
      entry.root.classList.toggle('faint', (line.opacity ?? 1) < 0.6);
      entry.root.style.setProperty('--swatch', line.color);
      setText(entry.name, single ? '' : line.label);
      const y = x === null ? line.y[line.y.length - 1] : readingsAt([line], x)[0]?.y;
      setText(entry.value, y === undefined ? '–' : format(y));
    });
  };
  return {
    root,
    chart,
    show(model, theme) {
      lines = model.lines;
      chart.show(model, theme);
      showCursor(group.cursor());
    },
    showCursor,
  };
}
