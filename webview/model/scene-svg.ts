import type { PartShape, Scene, Shape } from './scene';

const namespace = 'http://www.w3.org/2000/svg';

type Attributes = Readonly<Record<string, string | number | undefined>>;

function make<Tag extends keyof SVGElementTagNameMap>(tag: Tag, attributes: Attributes): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) made.setAttribute(name, String(value));
  return made;
}

/** A drawing as an element of the page; its parts can be focused and carry `data-part` and `data-place`. */
export function sceneElement(scene: Scene, fontFamily: string): SVGSVGElement {
  const svg = make('svg', {
    width: scene.width,
    height: scene.height,
    viewBox: `0 0 ${scene.width} ${scene.height}`,
    'font-family': fontFamily,
    role: 'group',
    'aria-label': scene.title,
  });
  svg.append(...scene.shapes.map(shapeElement));
  return svg;
}

/** A drawing as an SVG file that needs nothing else. */
export function sceneFile(scene: Scene, fontFamily: string, background: string): string {
  const svg = sceneElement(scene, fontFamily);
  svg.setAttribute('xmlns', namespace);
  svg.prepend(make('rect', { width: scene.width, height: scene.height, fill: background }));
  const title = make('title', {});
  title.textContent = scene.title;
  svg.prepend(title);
  for (const part of svg.querySelectorAll('[data-part]')) {
    for (const name of ['tabindex', 'role', 'data-place', 'data-part', 'class']) part.removeAttribute(name);
  }
  for (const hit of svg.querySelectorAll('.hit')) hit.remove();
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}\n`;
}

function shapeElement(shape: Shape): SVGElement {
  switch (shape.kind) {
    case 'rect':
      return make('rect', {
        x: shape.x,
        y: shape.y,
        width: shape.width,
        height: shape.height,
        rx: shape.radius,
        ...ink(shape),
      });
    case 'path':
      return make('path', { d: shape.d, ...ink(shape) });
    case 'text': {
      const made = make('text', {
        x: shape.x,
        y: shape.y,
        fill: shape.fill,
        'font-size': shape.size,
        'font-weight': shape.bold === true ? 600 : undefined,
        'text-anchor': shape.anchor === 'start' ? undefined : shape.anchor,
      });
      made.textContent = shape.text;
      return made;
    }
    case 'part':
      return partElement(shape);
    case 'moved': {
      const made = make('g', { transform: `translate(${shape.x} 0)` });
      made.append(...shape.shapes.map(shapeElement));
      return made;
    }
  }
}

function partElement({ id, label, place, box, radius, shapes }: PartShape): SVGElement {
  const group = make('g', {
    class: 'part',
    tabindex: 0,
    role: place === null ? 'img' : 'button',
    'aria-label': label,
    'data-part': id,
    'data-place': place ?? undefined,
  });
  group.append(
    ...shapes.map(shapeElement),
    make('rect', { class: 'hit', ...box, rx: radius, fill: 'transparent', stroke: 'none' }),
  );
  return group;
}

const ink = ({ fill, stroke, strokeWidth, dash }: Extract<Shape, { kind: 'rect' | 'path' }>): Attributes => ({
  fill: fill ?? 'none',
  stroke,
  'stroke-width': strokeWidth,
  'stroke-dasharray': dash?.join(' '),
});
