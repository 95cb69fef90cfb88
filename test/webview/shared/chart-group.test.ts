import { describe, expect, it } from 'vitest';
import { readingsAt } from '../../../webview/shared/chart-group';

const curve = (label: string, x: readonly number[], y: readonly number[]) => ({ label, color: '#000', x, y });

describe('values at the cross-hair', () => {
  it('are those nearest to it, of each curve', () => {
    const readings = readingsAt([curve('steps', [1, 2, 3, 4], [9, 8, 7, 6]), curve('evals', [2, 4], [5, 3])], 3.2);
    expect(readings.map(({ label, x, y }) => [label, x, y])).toEqual([
      ['steps', 3, 7],
      ['evals', 4, 3],
    ]);
  });

  it('are left out for curves that end before it or begin after it', () => {
    const readings = readingsAt([curve('short', [0, 1, 2], [1, 1, 1]), curve('late', [50, 51], [1, 1])], 10);
    expect(readings).toEqual([]);
  });

  it('are left out for curves without values', () => {
    expect(readingsAt([curve('empty', [], [])], 1)).toEqual([]);
  });
});
