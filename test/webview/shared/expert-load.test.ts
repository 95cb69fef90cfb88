import { describe, expect, it } from 'vitest';
import { cellForKey } from '../../../webview/shared/expert-load';
import { expertText, layerFigures, stripText, summaryText } from '../../../webview/shared/expert-words';

const third = layerFigures({ path: 'layers.2.ffn', tokens: [0, 100, 240, 60] });
const module = layerFigures({ path: 'mtp.0.ffn', tokens: [100, 100] });

describe('the load of experts in words', () => {
  it('counts layers, modules and experts from one', () => {
    expect(third.title).toBe('Layer 3');
    expect(module.title).toBe('Prediction module 1');
    expect(third.busiest).toEqual({ expert: 2, ratio: 2.4 });
    expect(third.quietest).toEqual({ expert: 0, ratio: 0 });
    expect(third.unused).toBe(1);
    expect(module.ratios).toEqual([1, 1]);
  });

  it('says of a cell what it is relative to the even share', () => {
    const tokens = [0, 100, 240, 60];
    expect(expertText(third, tokens, 2)).toBe('Layer 3, expert 3: 2.40× the even share, 60% of the choices (240)');
    expect(expertText(third, tokens, 0)).toBe('Layer 3, expert 1: no tokens');
  });

  it('says of a row and of all rows what one sees', () => {
    expect(stripText(third)).toBe(
      '4 experts: expert 3 gets most, 2.40× the even share, expert 1 least, 0×; 1 without tokens',
    );
    expect(summaryText([module, third])).toBe(
      'Expert 3 of layer 3 has the most to do: 2.40× the even share. 1 of 6 experts get no tokens.',
    );
    expect(summaryText([module])).toBe('Expert 1 has the most to do: 1.00× the even share. Every expert gets tokens.');
    expect(summaryText([])).toBe('');
  });

  it('bears a layer that nothing has come to', () => {
    expect(layerFigures({ path: 'odd', tokens: [0, 0] })).toMatchObject({ title: 'odd', unused: 2, ratios: [0, 0] });
  });
});

describe('keys', () => {
  const layers = [{ experts: 4 }, { experts: 2 }];
  it('begin at the first expert and stay within the layers', () => {
    expect(cellForKey('ArrowRight', null, layers)).toEqual({ row: 0, expert: 0 });
    expect(cellForKey('ArrowRight', { row: 0, expert: 0 }, layers)).toEqual({ row: 0, expert: 1 });
    expect(cellForKey('ArrowRight', { row: 0, expert: 3 }, layers)).toEqual({ row: 0, expert: 3 });
    expect(cellForKey('End', { row: 0, expert: 1 }, layers)).toEqual({ row: 0, expert: 3 });
    expect(cellForKey('ArrowDown', { row: 0, expert: 3 }, layers)).toEqual({ row: 1, expert: 1 });
    expect(cellForKey('ArrowDown', { row: 1, expert: 0 }, layers)).toEqual({ row: 1, expert: 0 });
    expect(cellForKey('ArrowUp', { row: 0, expert: 0 }, layers)).toEqual({ row: 0, expert: 0 });
  });
  it('leave with Escape, and leave other keys alone', () => {
    expect(cellForKey('Escape', { row: 0, expert: 0 }, layers)).toBeNull();
    expect(cellForKey('Escape', null, layers)).toBeUndefined();
    expect(cellForKey('Tab', null, layers)).toBeUndefined();
  });
});
