import type { Theme } from '../shared/theme';
import type { Scene, Shape } from './scene';
import { scenePicture } from './scene-canvas';
import { sceneFile } from './scene-svg';

/** The drawings side by side as a file: the text of an SVG, or base64 of a PNG. Null while nothing is drawn. */
export function pictureOf(scenes: readonly Scene[], format: 'svg' | 'png', theme: Theme): string | null {
  const scene = beside(scenes);
  if (scene === null) return null;
  return format === 'svg'
    ? sceneFile(scene, theme.fontFamily, theme.background)
    : scenePicture(scene, theme.fontFamily, theme.background);
}

/** Two drawings in one, each as it is, the second moved to the right. */
export function beside(scenes: readonly Scene[]): Scene | null {
  const [first, second] = scenes;
  if (first === undefined) return null;
  if (second === undefined) return first;
  const shift = first.width + 24;
  return {
    width: shift + second.width,
    height: Math.max(first.height, second.height),
    title: `${first.title}; ${second.title}`,
    shapes: [...first.shapes, { kind: 'moved', x: shift, shapes: second.shapes }],
  } satisfies { shapes: readonly Shape[] } & Omit<Scene, 'shapes'>;
}
