import { describe, expect, it } from 'vitest';
import { contrast, ensureContrast, parseColor, withAlpha } from '../../../webview/shared/color';

const parsed = (text: string) => {
  const color = parseColor(text);
  if (color === null) throw new Error(`Expected a colour, got ${text}.`);
  return color;
};

describe('colours of a theme', () => {
  it('reads the ways in which VS Code writes them', () => {
    expect(parseColor('#f00')).toEqual({ red: 255, green: 0, blue: 0, alpha: 1 });
    expect(parseColor('#3794ff')).toEqual({ red: 55, green: 148, blue: 255, alpha: 1 });
    expect(parseColor('#00000080')?.alpha).toBeCloseTo(0.502, 3);
    expect(parseColor(' rgba(204, 204, 204, 0.5)')).toEqual({ red: 204, green: 204, blue: 204, alpha: 0.5 });
    for (const junk of ['', 'red', '#12345', 'rgb(1, 2)', 'rgba(a, b, c, d)']) expect(parseColor(junk)).toBeNull();
  });

  it('knows the contrast of black and white and of a colour with itself', () => {
    expect(contrast(parsed('#000'), parsed('#fff'))).toBeCloseTo(21, 6);
    expect(contrast(parsed('#888'), parsed('#888'))).toBe(1);
  });

  it('leaves visible colours alone and moves others until they can be seen', () => {
    expect(ensureContrast('#3794ff', '#1f1f1f', '#cccccc', 3)).toBe('#3794ff');
    const moved = ensureContrast('#fff8dc', '#ffffff', '#3b3b3b', 3);
    expect(contrast(parsed(moved), parsed('#ffffff'))).toBeGreaterThanOrEqual(3);
    expect(ensureContrast('hotpink', '#ffffff', '#000000', 3)).toBe('hotpink');
  });

  it('multiplies opacities', () => {
    expect(withAlpha('rgba(10, 20, 30, 0.5)', 0.5)).toBe('rgba(10, 20, 30, 0.25)');
    expect(withAlpha('currentcolor', 0.5)).toBe('currentcolor');
  });
});
