import type { Reading } from '../shared/chart-group';
import type { LineChart } from '../shared/charts';
import { element, setText } from '../shared/element';

/** The values of all runs at the cross-hair, in a box beside it. */
export interface Readout {
  readonly root: HTMLElement;
  show(x: number | null, position: string, readings: readonly Reading[], format: (value: number) => string): void;
}

export function createReadout(chart: LineChart): Readout {
  const heading = element('div', { class: 'position number' });
  const rows = element('ol');
  const root = element('div', { class: 'readout', attributes: { 'aria-hidden': 'true' }, children: [heading, rows] });
  root.hidden = true;
  const made: { readonly root: HTMLElement; readonly name: HTMLElement; readonly value: HTMLElement }[] = [];

  const makeRow = () => {
    const name = element('span', { class: 'name' });
    const value = element('span', { class: 'number' });
    const row = element('li', { children: [element('span', { class: 'swatch' }), name, value] });
    rows.append(row);
    made.push({ root: row, name, value });
  };

  return {
    root,
    show(x, position, readings, format) {
      const area = chart.area();
      root.hidden = x === null || area === null || readings.length === 0;
      if (x === null || area === null || readings.length === 0) return;
      root.classList.toggle('many', readings.length > 10);
      setText(heading, position);
      while (made.length < readings.length) makeRow();
      rows.style.gridTemplateRows = `repeat(${Math.ceil(readings.length / 2)}, auto)`;
      made.forEach((row, index) => {
        const reading = readings[index];
        row.root.hidden = reading === undefined;
        if (reading === undefined) return;
        row.root.classList.toggle('dashed', reading.dashed);
        row.root.style.setProperty('--swatch', reading.color);
        setText(row.name, reading.label);
        setText(row.value, format(reading.y));
      });
      // On the side with more room, so that it never lies under the pointer.
      const pixel = chart.pixelOfX(x);
      const left = pixel > (area.left + area.right) / 2;
      root.style.transform = `translate(${left ? pixel - 14 : pixel + 14}px, ${area.top}px)${left ? ' translateX(-100%)' : ''}`;
    },
  };
}
