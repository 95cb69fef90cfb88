import type { ModelMessage } from '../../src/protocol/model-panel';
import { element } from '../shared/element';
import type { Difference } from './differences';

/** Only what differs between two models, setting by setting. */
export function differenceTable(
  differences: readonly Difference[],
  left: ModelMessage,
  right: ModelMessage,
): HTMLElement {
  if (differences.length === 0) return element('p', { class: 'quiet', text: 'Every setting of both is the same.' });
  const heads = ['Setting', left.reference.model, right.reference.model];
  const value = (text: string | null) =>
    text === null
      ? element('td', { class: 'absent', text: '–', title: 'There is no such part here' })
      : element('td', { text });
  return element('table', {
    class: 'differences',
    children: [
      element('thead', {
        children: [
          element('tr', { children: heads.map(text => element('th', { text, attributes: { scope: 'col' } })) }),
        ],
      }),
      element('tbody', {
        children: differences.map(({ part, setting, left: mine, right: other }) =>
          element('tr', {
            children: [
              element('th', {
                attributes: { scope: 'row' },
                children: [
                  ...(part === '' ? [] : [element('span', { class: 'quiet', text: `${part.replaceAll('_', ' ')} ` })]),
                  setting.replaceAll('_', ' '),
                ],
              }),
              value(mine),
              value(other),
            ],
          }),
        ),
      }),
    ],
  });
}
