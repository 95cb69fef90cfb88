import type { FromComparePanel } from '../../src/protocol/compare-panel';
import { createButton } from '../shared/controls';
import { element } from '../shared/element';
import type { Theme } from '../shared/theme';
import type { OverlayChart } from './overlay-chart';
import { drawPicture } from './picture';

export interface ExportsOptions {
  readonly send: (message: FromComparePanel) => void;
  /** Runs that are shown. */
  readonly ids: () => readonly string[];
  readonly picture: OverlayChart['picture'];
  readonly theme: () => Theme;
}

/** The buttons that take something out of the panel. */
export function createExports({ send, ids, picture, theme }: ExportsOptions): { root: HTMLElement; update(): void } {
  const diff = createButton('Diff Specs', {
    onClick: () => {
      const [left, right] = ids();
      if (left !== undefined && right !== undefined) send({ type: 'diff', left, right });
    },
  });
  const exporting = (label: string, title: string, format: 'csv' | 'markdown' | 'points') =>
    createButton(label, { title, onClick: () => send({ type: 'export', format, runIds: [...ids()] }) });
  const files = [
    exporting('Markdown', 'Saves values and differing settings as Markdown tables', 'markdown'),
    exporting('CSV', 'Saves values and differing settings, one line per run', 'csv'),
    exporting('Points', 'Saves every recorded point of these runs as CSV', 'points'),
    createButton('PNG', {
      title: 'Saves a picture of the chart',
      onClick: () => {
        const shown = picture();
        const png = shown === null ? null : drawPicture(shown, theme());
        if (shown !== null && png !== null)
          send({ type: 'savePicture', fileName: `${shown.title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.png`, png });
      },
    }),
  ];
  return {
    root: element('div', {
      class: 'exports',
      attributes: { role: 'group', 'aria-label': 'Export' },
      children: [diff, element('span', { class: 'quiet', text: 'Export' }), ...files],
    }),
    update() {
      const count = ids().length;
      diff.disabled = count !== 2;
      diff.title =
        count === 2
          ? 'Shows the two specs side by side'
          : 'Choose exactly two runs, or use Diff in the table to compare a run with the baseline';
      for (const button of files) button.disabled = count === 0;
    },
  };
}
