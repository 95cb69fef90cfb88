import { withAlpha } from './color';
import { colorOf, type Theme } from './theme';

/** The even share stands at half the height; what is above twice of it is cut off. */
const fullScale = 2;
/** Where an expert has clearly too little or too much to do. */
const starvedBelow = 0.5;
const overloadedAbove = 1.5;

/**
 * Draws a row of experts, one bar each, as high as its load: `ratios` are loads over the even load. Colour only repeats what
 * the shape says: an expert without tokens is a hollow box, one above the scale has a cap.
 */
export function drawStrip(
  canvas: HTMLCanvasElement,
  ratios: readonly number[],
  { width, height, theme }: { readonly width: number; readonly height: number; readonly theme: Theme },
): void {
  const density = window.devicePixelRatio;
  const pixels = { width: Math.round(width * density), height: Math.round(height * density) };
  // Setting a size makes a new picture, even when it is the same size.
  if (canvas.width !== pixels.width || canvas.height !== pixels.height) Object.assign(canvas, pixels);
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  const colors = {
    starved: theme.muted,
    usual: colorOf(theme, 0),
    overloaded: colorOf(theme, 1),
    unused: theme.highContrast ? theme.foreground : colorOf(theme, 1),
    ground: withAlpha(theme.foreground, theme.highContrast ? 0 : 0.07),
    line: withAlpha(theme.foreground, theme.highContrast ? 0.9 : 0.45),
  };
  const pixel = Math.max(1, Math.round(density));
  const edge = (index: number) => Math.round((index * canvas.width) / ratios.length);
  ratios.forEach((ratio, expert) => {
    const left = edge(expert);
    const cell = edge(expert + 1) - left;
    // Bars that touch would be one; bars of two pixels have no pixel to give away.
    const bar = cell > 3 * pixel ? cell - pixel : cell;
    context.fillStyle = colors.ground;
    context.fillRect(left, 0, bar, canvas.height);
    if (ratio === 0) {
      context.strokeStyle = colors.unused;
      context.lineWidth = pixel;
      context.strokeRect(left + pixel / 2, pixel / 2, Math.max(0, bar - pixel), canvas.height - pixel);
      return;
    }
    const tall = Math.max(pixel, Math.round((Math.min(ratio, fullScale) / fullScale) * canvas.height));
    context.fillStyle =
      ratio < starvedBelow ? colors.starved : ratio > overloadedAbove ? colors.overloaded : colors.usual;
    context.fillRect(left, canvas.height - tall, bar, tall);
    if (ratio > fullScale) {
      context.fillStyle = theme.foreground;
      context.fillRect(left, 0, bar, 3 * pixel);
    }
  });
  context.fillStyle = colors.line;
  context.fillRect(0, Math.round(canvas.height / fullScale), canvas.width, pixel);
}

/** What the looks of a bar mean, with a load that has them. */
export const stripLegend: readonly { readonly ratio: number; readonly text: string }[] = [
  { ratio: 0, text: 'no tokens' },
  { ratio: 0.3, text: 'under half the even share' },
  { ratio: 1, text: 'about even (the line)' },
  { ratio: 1.75, text: 'over 1½×' },
  { ratio: 3, text: 'over 2×, cut off' },
];
