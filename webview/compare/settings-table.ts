import type { ComparisonMessage } from '../../src/protocol/compare-panel';
import { element } from '../shared/element';
import type { NamedSummary } from './results-table';

/** Settings in rows, runs in columns: only what differs. */
export function settingsTable(
  runs: readonly NamedSummary[],
  differences: ComparisonMessage['differences'],
  baselineId: string | null,
): HTMLElement {
  if (runs.length < 2) return element('p', { class: 'quiet', text: 'Choose a second run to see what differs.' });
  if (differences.length === 0)
    return element('p', { class: 'quiet', text: 'All settings of these runs are the same.' });
  const baseline = runs.findIndex(({ id }) => id === baselineId);
  return element('table', {
    class: 'settings',
    children: [
      element('thead', {
        children: [
          element('tr', {
            children: [
              element('th', { text: 'Setting', attributes: { scope: 'col' } }),
              ...runs.map(run => {
                const swatch = element('span', { class: 'swatch' });
                swatch.style.setProperty('--swatch', run.color);
                return element('th', {
                  attributes: { scope: 'col' },
                  children: [element('div', { class: 'name-cell', children: [swatch, run.name] })],
                });
              }),
            ],
          }),
        ],
      }),
      element('tbody', {
        children: differences.map(({ path, values }) =>
          element('tr', {
            children: [
              element('th', { class: 'path', text: path, attributes: { scope: 'row' } }),
              ...runs.map((_, index) => {
                const value = values[index] ?? null;
                const same = baseline >= 0 && index !== baseline && value === (values[baseline] ?? null);
                return element('td', {
                  class: `value${same ? ' quiet' : ''}`,
                  text: value ?? '–',
                });
              }),
            ],
          }),
        ),
      }),
    ],
  });
}
