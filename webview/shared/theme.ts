import { ensureContrast, withAlpha } from './color';

/** The colours of the editor's theme as a canvas needs them. CSS reads the variables itself. */
export interface Theme {
  readonly background: string;
  readonly foreground: string;
  readonly muted: string;
  readonly grid: string;
  readonly fontFamily: string;
  /** Colours of curves, by number of the curve. Repeats; `dashOf` tells the repeats apart. */
  readonly colors: readonly string[];
  readonly highContrast: boolean;
  /** Opacity of a raw trace under its smoothed one. */
  readonly traceOpacity: number;
}

/**
 * Hues that people with any of the common colour deficiencies can order (after Okabe and Ito, "Color Universal Design",
 * 2008), used where the theme has no chart colours and after its own are used up.
 */
const fallback = {
  dark: ['#56b4e9', '#e69f00', '#cc79a7', '#33c6a0', '#e8694a', '#f0e442', '#5ad1d6', '#f4a6c8', '#a5b1bd', '#c9b37c'],
  light: ['#0072b2', '#b86a00', '#a8457f', '#00795a', '#c43c0a', '#8a7a00', '#0e7c86', '#c2408f', '#5f6b76', '#7a6534'],
};
/** Neighbours in this order differ in hue and in lightness. */
const chartVariables = ['blue', 'orange', 'purple', 'green', 'red', 'yellow'];

/** Reads the theme that the editor put on the page. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const variable = (name: string) => style.getPropertyValue(`--vscode-${name}`).trim();
  const kind = document.body.classList;
  const light = kind.contains('vscode-light') || kind.contains('vscode-high-contrast-light');
  const highContrast = kind.contains('vscode-high-contrast') || kind.contains('vscode-high-contrast-light');
  const background = variable('editor-background') || (light ? '#ffffff' : '#1f1f1f');
  const foreground = variable('foreground') || (light ? '#3b3b3b' : '#cccccc');
  const spare = light ? fallback.light : fallback.dark;
  const colors = spare.map((color, index) => {
    const name = chartVariables[index];
    const own = name === undefined ? '' : variable(`charts-${name}`);
    return ensureContrast(own || color, background, foreground, highContrast ? 4.5 : 3);
  });
  return {
    background,
    foreground,
    muted: variable('descriptionForeground') || foreground,
    grid: withAlpha(foreground, highContrast ? 0.22 : 0.1),
    fontFamily: variable('font-family') || 'sans-serif',
    colors,
    highContrast,
    traceOpacity: highContrast ? 0.5 : 0.28,
  };
}

/** Colour of a numbered curve. */
export const colorOf = (theme: Theme, slot: number): string =>
  theme.colors[slot % theme.colors.length] ?? theme.foreground;

/** Pattern of a numbered curve: solid until the colours are used up, so that no two of 30 look the same. */
export function dashOf(theme: Theme, slot: number): readonly number[] {
  const round = Math.floor(slot / theme.colors.length) % 3;
  return round === 0 ? [] : round === 1 ? [6, 3] : [2, 2];
}

/** Calls back when the editor changes its theme: it rewrites the body's classes and the variables on the root. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  return () => observer.disconnect();
}
