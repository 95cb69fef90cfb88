import { formatBytes, formatCount, formatFlops, formatInteger } from '../../src/base/format';
import type { ModelMessage, PartMessage } from '../../src/protocol/model-panel';
import { element } from '../shared/element';
import type { Theme } from '../shared/theme';
import { roleColor, roleOf } from './palette';
import { partsOf } from './parts';
import { shareWords } from './pen';

/** Every part with all that it costs, over all layers that have it. */
export function costTable(model: ModelMessage, theme: Theme, reveal: (place: number) => void): HTMLElement {
  const { costs } = model;
  const sparse = costs.active !== costs.total;
  const heads = [
    'Part',
    'Parameters',
    'Share',
    ...(sparse ? ['Active'] : []),
    'FLOP/token',
    `Cache at ${formatCount(model.context)}`,
  ];
  const rows = partsOf(model).flatMap(({ part, cost, uses, layer }, index, all) => {
    if (!cost || (cost.total === 0 && cost.flopsPerToken === 0 && cost.cache === null)) return [];
    if (part.slot !== 'norm' || !layer) return [{ cost, uses, layer }];
    // The norms of a layer are alike: one row for all.
    const norms = all.filter(other => other.layer === layer && other.part.slot === 'norm');
    return norms[0] === all[index] ? [{ cost, uses: uses * norms.length, layer }] : [];
  });
  const body: HTMLElement[] = [];
  let group: string | undefined;
  for (const { cost, uses, layer } of rows) {
    if (layer !== undefined && layer.name !== group) {
      const times = layer.uses === 1 ? '' : ` × ${layer.uses}`;
      body.push(
        element('tr', {
          class: 'group',
          children: [
            element('th', {
              text: `${layer.name}${times}`,
              attributes: { colspan: String(heads.length), scope: 'rowgroup' },
            }),
          ],
        }),
      );
    }
    group = layer?.name;
    body.push(partRow(model, theme, cost, uses, layer !== undefined, sparse, reveal));
  }
  const total = element('tr', {
    class: 'total',
    children: [
      element('th', { text: 'All', attributes: { scope: 'row' } }),
      cell(formatInteger(costs.total)),
      cell(''),
      ...(sparse ? [cell(formatCount(costs.active), formatInteger(costs.active))] : []),
      cell(formatFlops(costs.forwardFlopsPerToken)),
      cell(formatBytes(costs.cacheBytesAtContext)),
    ],
  });
  return element('table', {
    class: 'parts',
    children: [
      element('thead', {
        children: [
          element('tr', { children: heads.map(text => element('th', { text, attributes: { scope: 'col' } })) }),
        ],
      }),
      element('tbody', { children: body }),
      element('tfoot', { children: [total] }),
    ],
  });
}

const cell = (text: string, title?: string): HTMLElement =>
  element('td', { class: 'number', text, ...(title === undefined ? {} : { title }) });

function partRow(
  model: ModelMessage,
  theme: Theme,
  part: PartMessage,
  uses: number,
  nested: boolean,
  sparse: boolean,
  reveal: (place: number) => void,
): HTMLElement {
  const total = part.total * uses;
  const share = model.costs.total === 0 ? 0 : total / model.costs.total;
  const { place } = part;
  const words = part.title;
  const label =
    place === null
      ? element('span', { text: words })
      : element('button', { class: 'link', text: words, attributes: { type: 'button' } });
  if (place !== null) label.addEventListener('click', () => reveal(place));
  const bar = element('i', { class: 'share-bar' });
  bar.style.width = `${Math.max(share * 100, share > 0 ? 1 : 0)}%`;
  bar.style.backgroundColor = roleColor(theme, roleOf(part));
  return element('tr', {
    class: nested ? 'nested' : '',
    children: [
      element('th', { attributes: { scope: 'row' }, children: [label] }),
      cell(formatInteger(total)),
      element('td', {
        class: 'number share',
        children: [element('span', { text: total === 0 ? '' : shareWords(share) }), bar],
      }),
      ...(sparse ? [cell(formatCount(part.active * uses), formatInteger(part.active * uses))] : []),
      cell(part.flopsPerToken === 0 ? '' : formatFlops(part.flopsPerToken * uses)),
      cell(part.cache === null ? '' : formatBytes(part.cache.bytesAtContext * uses)),
    ],
  });
}
