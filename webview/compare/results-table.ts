import { formatCount, formatDuration, formatInteger, formatMeasure, formatTimes } from '../../src/base/format';
import type { RunSummaryView } from '../../src/protocol/compare-panel';
import { element } from '../shared/element';

export interface NamedSummary extends RunSummaryView {
  readonly name: string;
  readonly color: string;
}

export interface ResultsTableActions {
  readonly pin: (id: string) => void;
  readonly diff: (id: string) => void;
  readonly open: (id: string) => void;
}

/** A column: what it holds, how it is written, and which end of it is good. */
interface ResultColumn {
  readonly title: string;
  readonly hint: string;
  readonly value: (run: RunSummaryView) => number | null;
  readonly format: (value: number) => string;
  readonly best: 'low' | 'high' | null;
  /** Left out when no run has it. */
  readonly rare?: true;
  /** How a difference from the baseline is written; null: it is not. */
  readonly delta: 'absolute' | 'percent' | null;
}

const resultColumns: readonly ResultColumn[] = [
  {
    title: 'Best val',
    hint: 'Lowest validation loss, nats per token',
    value: run => run.bestValidationLoss,
    format: formatMeasure,
    best: 'low',
    delta: 'absolute',
  },
  {
    title: 'Last val',
    hint: 'Validation loss at the last evaluation',
    value: run => run.validationLoss,
    format: formatMeasure,
    best: 'low',
    delta: 'absolute',
  },
  {
    title: 'Train',
    hint: 'Mean training loss of the last 20 steps',
    value: run => run.trainLoss,
    format: formatMeasure,
    best: 'low',
    delta: 'absolute',
  },
  {
    title: 'Perplexity',
    hint: 'exp of the best validation loss, per token',
    value: run => run.bestPerplexity,
    format: formatMeasure,
    best: 'low',
    delta: 'percent',
  },
  {
    title: 'Bits/byte',
    hint: 'Bits per byte at the best evaluation: comparable between tokenizers',
    value: run => run.bestBitsPerByte,
    format: formatMeasure,
    best: 'low',
    delta: 'percent',
  },
  {
    title: 'Tokens/s',
    hint: 'Over the whole run',
    value: run => run.tokensPerSecond,
    format: formatCount,
    best: 'high',
    delta: 'percent',
  },
  {
    title: 'Expert imbalance',
    hint: 'Load of the busiest expert over an even share, in the worst layer, mean of the last 20 steps; 1 is even',
    value: run => run.expertImbalance,
    format: formatTimes,
    best: 'low',
    delta: 'absolute',
    rare: true,
  },
  {
    title: 'Time',
    hint: 'Training time without pauses and evaluations',
    value: run => run.elapsedMs,
    format: formatDuration,
    best: 'low',
    delta: 'percent',
  },
  {
    title: 'Parameters',
    hint: 'Distinct trainable elements',
    value: run => run.parameters,
    format: formatCount,
    best: null,
    delta: 'percent',
  },
  {
    title: 'Tokens',
    hint: 'Tokens trained on',
    value: run => run.tokens,
    format: formatCount,
    best: null,
    delta: null,
  },
  { title: 'Steps', hint: 'Steps done', value: run => run.steps, format: formatInteger, best: null, delta: null },
];

/** Final and best values, with differences from the pinned run. */
export function resultsTable(
  runs: readonly NamedSummary[],
  baselineId: string | null,
  actions: ResultsTableActions,
): HTMLTableElement {
  const baseline = runs.find(({ id }) => id === baselineId) ?? null;
  const columns = resultColumns.filter(({ rare, value }) => rare !== true || runs.some(run => value(run) !== null));
  const bests = columns.map(column => bestOf(runs, column));
  const head = element('tr', {
    children: [
      element('th', { text: 'Run', attributes: { scope: 'col' } }),
      ...columns.map(({ title, hint }) =>
        element('th', { class: 'numeric', text: title, title: hint, attributes: { scope: 'col' } }),
      ),
    ],
  });
  const body = runs.map(run =>
    element('tr', {
      class: run.id === baselineId ? 'baseline' : '',
      children: [
        nameCell(run, baseline, actions),
        ...columns.map((column, index) => valueCell(run, column, bests[index] ?? null, baseline)),
      ],
    }),
  );
  return element('table', {
    class: 'results',
    children: [element('thead', { children: [head] }), element('tbody', { children: body })],
  });
}

function nameCell(run: NamedSummary, baseline: NamedSummary | null, actions: ResultsTableActions): HTMLElement {
  const pinned = run.id === baseline?.id;
  const swatch = element('span', { class: 'swatch' });
  swatch.style.setProperty('--swatch', run.color);
  const button = (label: string, title: string, action: (id: string) => void) => {
    const made = element('button', { class: 'link', text: label, title, attributes: { type: 'button' } });
    made.setAttribute('data-focus', `${label} ${run.id}`);
    made.addEventListener('click', () => action(run.id));
    return made;
  };
  const name = button(run.name, 'Opens the training panel of this run', actions.open);
  name.classList.add('run-name');
  const pin = button(pinned ? 'Baseline' : 'Pin', 'Differences are taken from this run', actions.pin);
  pin.setAttribute('aria-pressed', String(pinned));
  const diff = button(
    'Diff',
    `Shows the specs of ${baseline?.name ?? 'the baseline'} and ${run.name} side by side`,
    actions.diff,
  );
  return element('th', {
    attributes: { scope: 'row' },
    children: [
      element('div', {
        class: 'name-cell',
        children: [
          swatch,
          name,
          element('span', { class: 'actions', children: pinned || baseline === null ? [pin] : [pin, diff] }),
        ],
      }),
    ],
  });
}

function valueCell(
  run: RunSummaryView,
  column: ResultColumn,
  best: number | null,
  baseline: RunSummaryView | null,
): HTMLElement {
  const value = column.value(run);
  if (value === null) return element('td', { class: 'numeric quiet', text: '–' });
  const reference = baseline === null || baseline.id === run.id ? null : column.value(baseline);
  const shown = element('span', {
    class: value === best ? 'best' : '',
    text: column.format(value),
    title: String(value),
  });
  const delta = reference === null ? null : deltaOf(value, reference, column);
  return element('td', {
    class: 'numeric number',
    children: delta === null ? [shown] : [shown, element('span', { class: `delta ${delta.kind}`, text: delta.text })],
  });
}

/** The difference in words of the column, and whether it is for the better. */
export function deltaOf(
  value: number,
  reference: number,
  { delta, best }: Pick<ResultColumn, 'delta' | 'best'>,
): { readonly text: string; readonly kind: 'better' | 'worse' | 'plain' } | null {
  if (delta === null) return null;
  const difference = value - reference;
  const kind = best === null || difference === 0 ? 'plain' : difference < 0 === (best === 'low') ? 'better' : 'worse';
  const sign = difference > 0 ? '+' : difference < 0 ? '−' : '±';
  if (delta === 'absolute') return { text: `${sign}${Math.abs(difference).toFixed(3)}`, kind };
  if (reference === 0) return null;
  const percent = Math.abs(difference / reference) * 100;
  return { text: `${sign}${percent.toFixed(percent < 10 ? 1 : 0)}%`, kind };
}

/** The best value of a column; null where nothing is good or there is nothing to choose from. */
function bestOf(runs: readonly RunSummaryView[], { value, best }: ResultColumn): number | null {
  const values = runs.map(value).filter(found => found !== null);
  if (best === null || values.length < 2) return null;
  return best === 'low' ? Math.min(...values) : Math.max(...values);
}
