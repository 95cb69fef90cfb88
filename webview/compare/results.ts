import type { ComparisonMessage } from '../../src/protocol/compare-panel';
import { element } from '../shared/element';
import { bars } from './bars';
import { type NamedSummary, type ResultsTableActions, resultsTable } from './results-table';
import { settingsTable } from './settings-table';

/** Everything below the chart: values, settings that differ, bars. */
export interface Results {
  readonly root: HTMLElement;
  show(runs: readonly NamedSummary[], differences: ComparisonMessage['differences'], baselineId: string | null): void;
}

export function createResults(actions: ResultsTableActions): Results {
  let shown = '';
  const values = element('div', { class: 'scroll' });
  const settings = element('div', { class: 'scroll' });
  const barPlace = element('div');
  const section = (title: string, content: HTMLElement) =>
    element('section', {
      class: 'card',
      attributes: { 'aria-label': title },
      children: [element('header', { children: [element('h2', { text: title })] }), content],
    });
  const root = element('div', {
    class: 'results-area',
    children: [section('Values', values), barPlace, section('Settings that differ', settings)],
  });
  return {
    root,
    show(runs, differences, baselineId) {
      root.hidden = runs.length === 0;
      const key = JSON.stringify([runs, differences, baselineId]);
      // A table that is built anew loses focus and selection, so it is only when something in it changed.
      if (key === shown) return;
      shown = key;
      const focused = document.activeElement?.getAttribute('data-focus') ?? null;
      values.replaceChildren(resultsTable(runs, baselineId, actions));
      barPlace.replaceChildren(bars(runs));
      settings.replaceChildren(settingsTable(runs, differences, baselineId));
      if (focused !== null) focusOn(values, focused);
    },
  };
}

/** The button that had the focus in the table before; "Pin" turns into "Baseline". */
function focusOn(place: HTMLElement, name: string): void {
  const id = name.slice(name.indexOf(' '));
  const buttons = [...place.querySelectorAll<HTMLElement>('[data-focus]')];
  const same = buttons.find(button => button.dataset.focus === name);
  (same ?? buttons.find(button => button.dataset.focus?.endsWith(id)))?.focus();
}
