/**
 * A drawing as plain data, in pixels: the same shapes become SVG on the page, an SVG file and a PNG. Colours are final, so that
 * a picture needs nothing of the page that made it.
 */
export type Shape = RectShape | PathShape | TextShape | PartShape | MovedShape;

interface Ink {
  readonly fill?: string;
  readonly stroke?: string;
  readonly strokeWidth?: number;
  readonly dash?: readonly number[];
}

export interface RectShape extends Ink, Box {
  readonly kind: 'rect';
  readonly radius?: number;
}

export interface PathShape extends Ink {
  readonly kind: 'path';
  /** As in SVG. */
  readonly d: string;
}

export interface TextShape {
  readonly kind: 'text';
  readonly x: number;
  /** Of the baseline. */
  readonly y: number;
  readonly text: string;
  readonly fill: string;
  readonly size: number;
  readonly bold?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
}

/** Shapes that stand for a part of the model: pointed at, focused and clicked as one. */
export interface PartShape {
  readonly kind: 'part';
  /** Stays the same while the model changes, so that focus can stay. */
  readonly id: string;
  /** For screen readers. */
  readonly label: string;
  /** Where it is written; null: nowhere to go. */
  readonly place: number | null;
  /** Where the pointer finds it. */
  readonly box: Box;
  readonly radius: number;
  readonly details: Details;
  readonly shapes: readonly Shape[];
}

/** Shapes moved to the right. */
export interface MovedShape {
  readonly kind: 'moved';
  readonly x: number;
  readonly shapes: readonly Shape[];
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What is told about a part that is pointed at. */
export interface Details {
  readonly title: string;
  readonly rows: readonly (readonly [name: string, value: string, marked?: boolean])[];
  readonly settings: readonly (readonly [name: string, value: string, marked?: boolean])[];
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  /** What the drawing shows, for screen readers and for the title of a file. */
  readonly title: string;
  readonly shapes: readonly Shape[];
}

export const rect = (x: number, y: number, width: number, height: number, ink: Omit<RectShape, 'kind' | keyof Box>) =>
  ({ kind: 'rect', x, y, width, height, ...ink }) as const satisfies Shape;

export const path = (d: string, ink: Omit<PathShape, 'kind' | 'd'>) =>
  ({ kind: 'path', d, ...ink }) as const satisfies Shape;

export const text = (x: number, y: number, words: string, style: Omit<TextShape, 'kind' | 'x' | 'y' | 'text'>) =>
  ({ kind: 'text', x, y, text: words, ...style }) as const satisfies Shape;

/** The parts of a drawing, in the order in which they are drawn. */
export const partShapes = (shapes: readonly Shape[]): readonly PartShape[] =>
  shapes.flatMap(shape =>
    shape.kind === 'part'
      ? [shape, ...partShapes(shape.shapes)]
      : shape.kind === 'moved'
        ? partShapes(shape.shapes)
        : [],
  );

/** A short arrow head that points at (x, y). */
export function arrowHead(x: number, y: number, direction: 'down' | 'left' | 'right', fill: string): PathShape {
  const [back, side] = [6, 3.5];
  const d =
    direction === 'down'
      ? `M${x} ${y}L${x - side} ${y - back}L${x + side} ${y - back}Z`
      : direction === 'left'
        ? `M${x} ${y}L${x + back} ${y - side}L${x + back} ${y + side}Z`
        : `M${x} ${y}L${x - back} ${y - side}L${x - back} ${y + side}Z`;
  return path(d, { fill });
}
