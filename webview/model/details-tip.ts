import { element } from '../shared/element';
import type { Details } from './scene';

/** What floats beside a part that is pointed at or has the focus. */
export interface DetailsTip {
  readonly root: HTMLElement;
  show(details: Details, beside: DOMRect): void;
  hide(): void;
}

const distance = 10;

export function createDetailsTip(): DetailsTip {
  const root = element('div', { class: 'tip', attributes: { 'aria-hidden': 'true' } });
  root.hidden = true;
  return {
    root,
    show({ title, rows, settings }, beside) {
      const list = (pairs: Details['rows'], kind: string) =>
        pairs.length === 0
          ? []
          : [
              element('dl', {
                class: kind,
                children: pairs.flatMap(([name, value, marked]) => [
                  element('dt', { text: name }),
                  element('dd', { class: marked === true ? 'differs' : '', text: value }),
                ]),
              }),
            ];
      root.replaceChildren(element('h3', { text: title }), ...list(rows, 'costs'), ...list(settings, 'settings'));
      root.hidden = false;
      // Right of the part, else left of it, else below: never over it, as far as there is room.
      const { width, height } = root.getBoundingClientRect();
      const [right, left] = [beside.right + distance, beside.left - distance - width];
      const beyond = document.documentElement.clientWidth - width - 8;
      const isBeside = right <= beyond || left >= 8;
      const x = right <= beyond ? right : left >= 8 ? left : Math.max(8, Math.min(beside.left, beyond));
      const bottom = window.innerHeight - height - 8;
      const y = isBeside
        ? beside.top
        : beside.bottom + distance <= bottom
          ? beside.bottom + distance
          : beside.top - height - distance;
      root.style.transform = `translate(${Math.round(x)}px, ${Math.round(Math.max(8, Math.min(y, bottom)))}px)`;
    },
    hide() {
      root.hidden = true;
    },
  };
}
