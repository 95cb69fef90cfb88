/** A colour as red, green, blue (0 to 255) and opacity (0 to 1). */
export interface Color {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly alpha: number;
}

/** Reads `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb()` and `rgba()`: what VS Code writes into its variables. */
export function parseColor(text: string): Color | null {
  const hex = /^#([0-9a-f]{3,8})$/i.exec(text.trim())?.[1];
  if (hex !== undefined && hex.length !== 5 && hex.length !== 7) {
    const wide = hex.length <= 4 ? [...hex].map(digit => digit + digit).join('') : hex;
    const part = (index: number) => Number.parseInt(wide.slice(index, index + 2), 16);
    return { red: part(0), green: part(2), blue: part(4), alpha: wide.length === 8 ? part(6) / 255 : 1 };
  }
  const numbers = /^rgba?\(([^)]*)\)$/i
    .exec(text.trim())?.[1]
    ?.split(/[\s,/]+/)
    .filter(part => part !== '')
    .map(part => (part.endsWith('%') ? Number(part.slice(0, -1)) / 100 : Number(part)));
  const [red, green, blue, alpha = 1] = numbers ?? [];
  if (red === undefined || green === undefined || blue === undefined) return null;
  return [red, green, blue, alpha].every(Number.isFinite) ? { red, green, blue, alpha } : null;
}

/** The colour with another opacity, for CSS and canvas. */
export function withAlpha(text: string, alpha: number): string {
  const color = parseColor(text);
  return color === null ? text : format({ ...color, alpha: color.alpha * alpha });
}

/**
 * Moves a colour towards `towards` until its contrast against `background` is at least `ratio`: themes may choose chart
 * colours that cannot be seen as thin lines. WCAG 2.2 asks for 3 for graphics.
 */
export function ensureContrast(text: string, background: string, towards: string, ratio: number): string {
  const [color, behind, target] = [parseColor(text), parseColor(background), parseColor(towards)];
  if (color === null || behind === null || target === null) return text;
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = mix(color, target, share);
    if (contrast(mixed, behind) >= ratio) return share === 0 ? text : format(mixed);
  }
  return towards;
}

/** Contrast of two opaque colours, 1 to 21 (WCAG 2.2). */
export function contrast(a: Color, b: Color): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

function luminance({ red, green, blue }: Color): number {
  const linear = (value: number) =>
    value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

const mix = (a: Color, b: Color, share: number): Color => ({
  red: a.red + (b.red - a.red) * share,
  green: a.green + (b.green - a.green) * share,
  blue: a.blue + (b.blue - a.blue) * share,
  alpha: 1,
});

const format = ({ red, green, blue, alpha }: Color): string =>
  `rgba(${Math.round(red)}, ${Math.round(green)}, ${Math.round(blue)}, ${Number(alpha.toFixed(3))})`;
