import { formatBytes, formatCount, formatFlops, formatInteger, formatPercent } from '../../src/base/format';
import type { ModelMessage } from '../../src/protocol/model-panel';
import { element } from '../shared/element';

interface Tile {
  readonly name: string;
  readonly value: (model: ModelMessage) => number;
  readonly show: (value: number) => string;
  /** The exact number, for who points at it. */
  readonly exact: (value: number, model: ModelMessage) => string;
}

const tiles: readonly Tile[] = [
  {
    name: 'Parameters',
    value: ({ costs }) => costs.total,
    show: formatCount,
    exact: value => `${formatInteger(value)} parameters`,
  },
  {
    name: 'Active per token',
    value: ({ costs }) => costs.active,
    show: formatCount,
    exact: value => `${formatInteger(value)} parameters that one token uses`,
  },
  {
    name: 'Without embeddings',
    value: ({ costs }) => costs.nonEmbedding,
    show: formatCount,
    exact: value => `${formatInteger(value)} parameters without embedding and head`,
  },
  {
    name: 'Work per token',
    value: ({ costs }) => costs.forwardFlopsPerToken,
    show: value => formatFlops(value),
    exact: (value, { context }) =>
      `${formatInteger(value)} FLOP forward at a full context of ${formatInteger(context)} tokens`,
  },
  {
    name: 'Cache at full context',
    value: ({ costs }) => costs.cacheBytesAtContext,
    show: formatBytes,
    exact: (value, { context }) =>
      `${formatInteger(value)} bytes of 16-bit keys, values and states at ${formatInteger(context)} tokens`,
  },
];

/** The numbers of a model, or of two with the change from the first to the second. */
export function tileList(model: ModelMessage, other: ModelMessage | null): HTMLElement {
  const both = other === null ? [model] : [model, other];
  const isDense = both.every(({ costs }) => costs.active === costs.total);
  const shown = tiles.filter(({ name }) => !(isDense && name === 'Active per token'));
  return element('dl', {
    class: other === null ? 'tiles' : 'tiles pair',
    children: shown.map(tile =>
      element('div', {
        class: 'tile',
        children: [
          element('dt', { text: tile.name }),
          ...both.map(each =>
            element('dd', {
              class: 'number',
              text: `${each.approximate ? '≈ ' : ''}${tile.show(tile.value(each))}`,
              title: tile.exact(tile.value(each), each),
            }),
          ),
          ...(other === null ? [] : [changeOf(tile.value(model), tile.value(other))]),
        ],
      }),
    ),
  });
}

function changeOf(from: number, to: number): HTMLElement {
  const change = from === to ? 'the same' : from === 0 ? '' : changeWords(to / from);
  return element('dd', { class: 'change quiet number', text: change });
}

/** +12%, −3.4%, × 25. */
export function changeWords(ratio: number): string {
  if (ratio >= 10) return `× ${formatInteger(ratio)}`;
  if (ratio <= 0.1 && ratio > 0) return `÷ ${formatInteger(1 / ratio)}`;
  const change = ratio - 1;
  return `${change > 0 ? '+' : '−'}${formatPercent(Math.abs(change))}`;
}
