import { element } from '../shared/element';
import { queueDrawing } from '../shared/frame-queue';
import type { DetailsTip } from './details-tip';
import { type PartShape, partShapes, type Scene } from './scene';
import { sceneElement } from './scene-svg';

/** A drawing on the page: as wide as its place, its parts answer to pointer and keyboard. */
export interface Figure {
  readonly root: HTMLElement;
  /** Draws with this from now on, and again when the place gets another width. Null: nothing. */
  show(draw: ((width: number) => Scene) | null, fontFamily: string): void;
  /** Marks the parts that are written at a place. */
  point(place: number | null): void;
}

export function createFigure(kind: string, tip: DetailsTip, reveal: (place: number) => void): Figure {
  const root = element('div', { class: `figure ${kind}` });
  let draw: ((width: number) => Scene) | null = null;
  let fontFamily = '';
  let parts = new Map<string, PartShape>();
  let pointed: number | null = null;
  let width = 0;

  const partAt = (target: EventTarget | null): SVGElement | null =>
    target instanceof Element ? target.closest<SVGElement>('[data-part]') : null;
  const shapeOf = (node: SVGElement | null) => parts.get(node?.dataset.part ?? '');

  function redraw(): void {
    if (draw === null || root.clientWidth === 0) return;
    width = root.clientWidth;
    const scene = draw(width);
    parts = new Map(partShapes(scene.shapes).map(shape => [shape.id, shape]));
    const focused = root.contains(document.activeElement) ? partAt(document.activeElement)?.dataset.part : undefined;
    root.replaceChildren(sceneElement(scene, fontFamily));
    markPointed();
    if (focused === undefined) return;
    // An edit must not throw the keyboard back to the start of the page.
    const again = [...nodes()].find(node => node.dataset.part === focused);
    again?.focus({ preventScroll: true });
  }
  const nodes = () => root.querySelectorAll<SVGElement>('[data-part]');
  function markPointed(): void {
    for (const node of nodes()) {
      const mine = pointed !== null && node.dataset.place === String(pointed);
      node.classList.toggle('current', mine);
    }
  }
  new ResizeObserver(() => {
    if (root.clientWidth !== width) queueDrawing(redraw);
  }).observe(root);

  const tell = (node: SVGElement | null) => {
    const shape = shapeOf(node);
    if (shape === undefined || node === null) tip.hide();
    else tip.show(shape.details, node.getBoundingClientRect());
  };
  root.addEventListener('pointerover', event => tell(partAt(event.target)));
  root.addEventListener('pointerleave', () => tip.hide());
  root.addEventListener('focusin', event => {
    const node = partAt(event.target);
    if (node?.matches(':focus-visible')) tell(node);
  });
  root.addEventListener('focusout', () => tip.hide());
  const go = (node: SVGElement | null) => {
    const place = shapeOf(node)?.place ?? null;
    if (place !== null) reveal(place);
  };
  root.addEventListener('click', event => go(partAt(event.target)));
  root.addEventListener('keydown', event => {
    const node = partAt(event.target);
    if (node === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step !== undefined) {
      const all = [...nodes()];
      all[all.indexOf(node) + step]?.focus();
    } else if (event.key === 'Enter' || event.key === ' ') go(node);
    else if (event.key === 'Escape') tip.hide();
    else return;
    event.preventDefault();
  });
  return {
    root,
    show(wanted, font) {
      draw = wanted;
      fontFamily = font;
      root.hidden = wanted === null;
      if (wanted === null) root.replaceChildren();
      else redraw();
    },
    point(place) {
      pointed = place;
      markPointed();
    },
  };
}
