import { describe, expect, it } from 'vitest';
import { deltaOf } from '../../../webview/compare/results-table';

describe('difference from the baseline', () => {
  it('is signed and says whether it is for the better', () => {
    expect(deltaOf(3.8, 3.911, { delta: 'absolute', best: 'low' })).toEqual({ text: '−0.111', kind: 'better' });
    expect(deltaOf(4, 3.911, { delta: 'absolute', best: 'low' })).toEqual({ text: '+0.089', kind: 'worse' });
    expect(deltaOf(17_800, 9100, { delta: 'percent', best: 'high' })).toEqual({ text: '+96%', kind: 'better' });
    expect(deltaOf(98, 100, { delta: 'percent', best: 'high' })).toEqual({ text: '−2.0%', kind: 'worse' });
  });

  it('judges nothing where nothing is good, and nothing that is equal', () => {
    expect(deltaOf(5, 4, { delta: 'percent', best: null })).toEqual({ text: '+25%', kind: 'plain' });
    expect(deltaOf(4, 4, { delta: 'absolute', best: 'low' })).toEqual({ text: '±0.000', kind: 'plain' });
  });

  it('is left out where it would say nothing', () => {
    expect(deltaOf(4, 3, { delta: null, best: 'low' })).toBeNull();
    expect(deltaOf(4, 0, { delta: 'percent', best: 'low' })).toBeNull();
  });
});
