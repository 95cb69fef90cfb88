import type { Range } from './charts';
import { createButton } from './controls';

/** The part of x that is looked at, and the button that shows all again. */
export interface Zoom {
  readonly button: HTMLElement;
  /** null: all of it. */
  range(): Range | null;
  to(range: Range | null): void;
}

/** `all` is what the button shows again, in words. */
export function createZoom(all: string, redraw: () => void): Zoom {
  let range: Range | null = null;
  const to = (chosen: Range | null) => {
    range = chosen;
    button.hidden = range === null;
    redraw();
  };
  const button = createButton('Show all', {
    title: `Shows ${all} again (key 0, or a double click on a chart)`,
    onClick: () => to(null),
  });
  button.classList.add('small');
  button.hidden = true;
  return { button, range: () => range, to };
}
