import type { Scene, Shape } from './scene';

/** A drawing as base64 of a PNG, twice as fine as the page. The page's security policy allows no images, so it is painted. */
export function scenePicture(scene: Scene, fontFamily: string, background: string): string | null {
  const scale = 2;
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(scene.width * scale);
  canvas.height = Math.ceil(scene.height * scale);
  const context = canvas.getContext('2d');
  if (context === null) return null;
  context.scale(scale, scale);
  context.fillStyle = background;
  context.fillRect(0, 0, scene.width, scene.height);
  for (const shape of scene.shapes) paint(context, shape, fontFamily);
  return canvas.toDataURL('image/png').split(',')[1] ?? null;
}

function paint(context: CanvasRenderingContext2D, shape: Shape, fontFamily: string): void {
  if (shape.kind === 'part' || shape.kind === 'moved') {
    context.save();
    if (shape.kind === 'moved') context.translate(shape.x, 0);
    for (const inner of shape.shapes) paint(context, inner, fontFamily);
    context.restore();
    return;
  }
  if (shape.kind === 'text') {
    context.font = `${shape.bold === true ? '600 ' : ''}${shape.size}px ${fontFamily}`;
    context.textAlign = shape.anchor === 'middle' ? 'center' : shape.anchor === 'end' ? 'right' : 'left';
    context.fillStyle = shape.fill;
    context.fillText(shape.text, shape.x, shape.y);
    return;
  }
  const outline = new Path2D(shape.kind === 'path' ? shape.d : undefined);
  if (shape.kind === 'rect') outline.roundRect(shape.x, shape.y, shape.width, shape.height, shape.radius ?? 0);
  if (shape.fill !== undefined) {
    context.fillStyle = shape.fill;
    context.fill(outline);
  }
  if (shape.stroke === undefined) return;
  context.strokeStyle = shape.stroke;
  context.lineWidth = shape.strokeWidth ?? 1;
  context.setLineDash([...(shape.dash ?? [])]);
  context.stroke(outline);
  context.setLineDash([]);
}
