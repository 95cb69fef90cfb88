import { formatInteger, formatTimes } from '../../src/base/format';
import type { ExpertLoad } from '../../src/protocol/expert-load';
import { element, setText } from './element';
import { drawStrip, stripLegend } from './expert-strip';
import { expertText, type LayerFigures, layerFigures, stripText, summaryText } from './expert-words';
import { queueDrawing } from './frame-queue';
import type { Theme } from './theme';

/** How the latest tokens were spread over the experts: a row for each layer of experts, a bar for each expert. */
export interface ExpertLoadView {
  readonly root: HTMLElement;
  /** Hidden for a model without experts. */
  show(load: ExpertLoad | null, theme: Theme): void;
}

export interface ExpertLoadOptions {
  readonly announce: (text: string) => void;
  /** Name of the run, where there are several. */
  readonly of?: string;
  /** Opens the page that explains the figures; left out where there is none to open. */
  readonly explain?: () => void;
}

interface Row {
  readonly root: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly mark: HTMLElement;
  readonly title: HTMLElement;
  readonly busiest: HTMLElement;
  readonly quietest: HTMLElement;
  readonly unused: HTMLElement;
  readonly draw: () => void;
}

/** Rows of many layers are lower, so that more of them are in view. */
const rowHeight = (layers: number): number => (layers > 12 ? 16 : 24);
const legendSize = { width: 12, height: 16 };
const keys =
  'Left and right arrows go from expert to expert, up and down from layer to layer, Home and End to the first and last expert, Escape leaves.';

export function createExpertLoad({ announce, of, explain }: ExpertLoadOptions): ExpertLoadView {
  let shown: { readonly load: ExpertLoad; readonly layers: readonly LayerFigures[]; readonly theme: Theme } | null =
    null;
  let rows: readonly Row[] = [];
  let stripWidth = 0;
  let cursor: { readonly row: number; readonly expert: number } | null = null;
  let speech: ReturnType<typeof setTimeout> | undefined;

  const title = of === undefined ? 'Expert load' : `Expert load of ${of}`;
  const steps = element('span', { class: 'quiet number' });
  const readout = element('p', { class: 'expert-readout number' });
  const legend = stripLegend.map(({ ratio, text }) => ({
    ratio,
    canvas: element('canvas', { attributes: { 'aria-hidden': 'true' } }),
    text,
  }));
  const expertsHead = element('th', { attributes: { scope: 'col' } });
  const body = element('tbody');
  const column = (text: string, title: string) =>
    element('th', { class: 'numeric', text, title, attributes: { scope: 'col' } });
  const head = element('tr', {
    children: [
      element('th', { text: 'Layer', attributes: { scope: 'col' } }),
      expertsHead,
      column('Busiest', 'Load of the busiest expert as a multiple of the even share'),
      column('Quietest', 'Load of the quietest expert as a multiple of the even share'),
      column('Unused', 'Experts without a single token'),
    ],
  });
  const grid = element('div', {
    class: 'expert-grid',
    attributes: { tabindex: '0', role: 'group', 'aria-label': 'Load by layer and expert', 'aria-description': keys },
    children: [element('table', { children: [element('thead', { children: [head] }), body] })],
  });
  const root = element('section', {
    class: 'card expert-load',
    attributes: { 'aria-label': title },
    children: [
      element('header', {
        children: [element('h2', { text: title }), steps, ...(explain === undefined ? [] : [explainLink(explain)])],
      }),
      element('p', {
        class: 'quiet',
        text: 'How much of the latest training text each expert was given, relative to an even share for all experts of the layer.',
      }),
      element('div', {
        class: 'expert-legend quiet',
        children: legend.map(({ canvas, text }) => element('span', { children: [canvas, text] })),
      }),
      readout,
      grid,
    ],
  });
  root.hidden = true;

  function draw(): void {
    if (shown === null) return;
    for (const { ratio, canvas } of legend) drawStrip(canvas, [ratio], { ...legendSize, theme: shown.theme });
    // Asked once: each answer between drawings would lay the page out anew.
    stripWidth = rows[0]?.canvas.clientWidth ?? 0;
    // One by one, so that 64 rows do not hold the page up.
    for (const row of rows) queueDrawing(row.draw);
    placeMark();
  }

  function drawRow(index: number): void {
    const layer = shown?.layers[index];
    const canvas = rows[index]?.canvas;
    if (shown === null || layer === undefined || canvas === undefined || stripWidth === 0) return;
    const height = rowHeight(shown.layers.length);
    drawStrip(canvas, layer.ratios, { width: stripWidth, height, theme: shown.theme });
  }

  function point(next: typeof cursor): void {
    if (next?.row === cursor?.row && next?.expert === cursor?.expert) return;
    cursor = next;
    placeMark();
    tell();
  }

  function tell(): void {
    if (shown === null) return;
    const layer = cursor === null ? undefined : shown.layers[cursor.row];
    const tokens = cursor === null ? undefined : shown.load.layers[cursor.row]?.tokens;
    const text =
      cursor === null || layer === undefined || tokens === undefined
        ? summaryText(shown.layers)
        : expertText(layer, tokens, cursor.expert);
    setText(readout, text);
  }

  function placeMark(): void {
    rows.forEach(({ mark, canvas }, index) => {
      mark.hidden = cursor?.row !== index;
      const experts = shown?.layers[index]?.experts ?? 1;
      if (cursor === null || mark.hidden) return;
      const cell = canvas.clientWidth / experts;
      mark.style.transform = `translateX(${cursor.expert * cell}px)`;
      mark.style.width = `${Math.max(3, cell)}px`;
    });
  }

  body.addEventListener('pointermove', event => {
    const row = rows.findIndex(({ canvas }) => canvas === event.target);
    const layer = shown?.layers[row];
    if (layer === undefined) point(null);
    else
      point({
        row,
        expert: Math.min(
          layer.experts - 1,
          Math.floor((event.offsetX / (rows[row]?.canvas.clientWidth ?? 1)) * layer.experts),
        ),
      });
  });
  body.addEventListener('pointerleave', () => point(null));
  grid.addEventListener('blur', () => point(null));
  grid.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || shown === null) return;
    const next = cellForKey(event.key, cursor, shown.layers);
    if (next === undefined) return;
    event.preventDefault();
    point(next);
    if (next === null) return;
    rows[next.row]?.root.scrollIntoView({ block: 'nearest' });
    // Spoken after the key is let go: a reader cannot follow each of many cells.
    clearTimeout(speech);
    speech = setTimeout(() => announce(readout.textContent ?? ''), 300);
  });
  const redraw = () => queueDrawing(draw);
  new ResizeObserver(redraw).observe(grid);

  return {
    root,
    show(load, theme) {
      root.hidden = load === null;
      if (load === null || (shown?.load === load && shown.theme === theme)) return;
      const layers = shown?.load === load ? shown.layers : load.layers.map(layerFigures);
      shown = { load, layers, theme };
      if (rows.length !== layers.length) {
        rows = layers.map((_, index) => makeRow(() => drawRow(index)));
        body.replaceChildren(...rows.map(row => row.root));
        cursor = null;
      }
      grid.style.setProperty('--row', `${rowHeight(layers.length)}px`);
      setText(
        steps,
        load.firstStep === load.lastStep
          ? `step ${formatInteger(load.lastStep)}`
          : `steps ${formatInteger(load.firstStep)} to ${formatInteger(load.lastStep)}`,
      );
      const counts = new Set(layers.map(layer => layer.experts));
      setText(expertsHead, counts.size === 1 ? `Experts 1 to ${[...counts][0]}` : 'Experts');
      rows.forEach((row, index) => {
        const layer = layers[index];
        if (layer !== undefined) fill(row, layer);
      });
      tell();
      redraw();
    },
  };
}

function explainLink(explain: () => void): HTMLElement {
  const link = element('button', { class: 'link', text: 'What this means', attributes: { type: 'button' } });
  link.addEventListener('click', explain);
  return link;
}

function makeRow(draw: () => void): Row {
  const canvas = element('canvas', { attributes: { role: 'img' } });
  const mark = element('div', { class: 'expert-mark' });
  mark.hidden = true;
  const title = element('th', { attributes: { scope: 'row' } });
  const [busiest, quietest, unused] = [numberCell(), numberCell(), numberCell()];
  const strip = element('td', { class: 'strip', children: [element('div', { children: [canvas, mark] })] });
  return {
    root: element('tr', { children: [title, strip, busiest, quietest, unused] }),
    ...{ canvas, mark, title, busiest, quietest, unused, draw },
  };
}

const numberCell = (): HTMLElement => element('td', { class: 'numeric number' });

function fill(row: Row, layer: LayerFigures): void {
  setText(row.title, layer.title);
  setText(row.busiest, formatTimes(layer.busiest.ratio));
  setText(row.quietest, formatTimes(layer.quietest.ratio));
  setText(row.unused, String(layer.unused));
  row.canvas.setAttribute('aria-label', stripText(layer));
}

type Cell = { readonly row: number; readonly expert: number };

/** Undefined: not a key of the grid; null: it is left. */
export function cellForKey(
  key: string,
  cursor: Cell | null,
  layers: readonly Pick<LayerFigures, 'experts'>[],
): Cell | null | undefined {
  if (key === 'Escape') return cursor === null ? undefined : null;
  const { row, expert } = cursor ?? { row: 0, expert: 0 };
  const last = (layers[row]?.experts ?? 1) - 1;
  const to = (nextRow: number, nextExpert: number): Cell => {
    const within = Math.max(0, Math.min(layers.length - 1, nextRow));
    return { row: within, expert: Math.max(0, Math.min((layers[within]?.experts ?? 1) - 1, nextExpert)) };
  };
  switch (key) {
    case 'Home':
      return to(row, 0);
    case 'End':
      return to(row, last);
    // The first press only shows where one is.
    case 'ArrowRight':
      return to(row, cursor === null ? 0 : expert + 1);
    case 'ArrowLeft':
      return to(row, cursor === null ? 0 : expert - 1);
    case 'ArrowDown':
      return to(cursor === null ? 0 : row + 1, expert);
    case 'ArrowUp':
      return to(cursor === null ? 0 : row - 1, expert);
    default:
      return undefined;
  }
}
