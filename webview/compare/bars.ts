import { formatCount, formatMeasure } from '../../src/base/format';
import type { RunSummaryView } from '../../src/protocol/compare-panel';
import { element } from '../shared/element';
import type { NamedSummary } from './results-table';

interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly value: (run: RunSummaryView) => number | null;
  readonly format: (value: number) => string;
}

const barCharts: readonly BarChart[] = [
  {
    title: 'Throughput',
    unit: 'tokens/s, higher is better',
    value: run => run.tokensPerSecond,
    format: formatCount,
  },
  {
    title: 'Samples',
    unit: 'sequences/s, higher is better',
    value: run => run.samplesPerSecond,
    format: formatMeasure,
  },
  {
    title: 'Perplexity',
    unit: 'best, lower is better',
    value: run => run.bestPerplexity,
    format: formatMeasure,
  },
];

/** Throughput and perplexity as bars, the picture of the depth-versus-width study. */
export const bars = (runs: readonly NamedSummary[]): HTMLElement =>
  element('div', { class: 'bar-charts', children: barCharts.map(chart => barChart(chart, runs)) });

function barChart({ title, unit, value, format }: BarChart, runs: readonly NamedSummary[]): HTMLElement {
  const largest = Math.max(0, ...runs.map(run => value(run) ?? 0));
  const rows = runs.map(run => {
    const measured = value(run);
    const fill = element('div', { class: 'fill' });
    fill.style.setProperty('--swatch', run.color);
    fill.style.width = `${largest > 0 ? ((measured ?? 0) / largest) * 100 : 0}%`;
    return element('li', {
      children: [
        element('span', { class: 'name', text: run.name, title: run.name }),
        element('div', { class: 'track', attributes: { 'aria-hidden': 'true' }, children: [fill] }),
        element('span', { class: 'number', text: measured === null ? '–' : format(measured) }),
      ],
    });
  });
  return element('section', {
    class: 'card',
    attributes: { 'aria-label': title },
    children: [
      element('header', {
        children: [element('h2', { text: title }), element('span', { class: 'quiet', text: unit })],
      }),
      element('ul', { class: 'bar-list', children: rows }),
    ],
  });
}
