import { div, mul, reshape, slice, stack, type Tensor, tidy, transpose } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { orthogonalize, orthogonalizeReference } from '../../../src/engine/ops/orthogonalize';
import { expectClose, onEveryEngine, randomTensor } from './engines';

/** The singular values of a matrix by Jacobi's rotations of its columns, in double precision. */
function singularValues(matrix: Tensor): number[] {
  const [rows = 0, columns = 0] = matrix.shape;
  const data = matrix.dataSync();
  const all = Array.from({ length: columns }, (_, j) =>
    Array.from({ length: rows }, (_, i) => data[i * columns + j] ?? 0),
  );
  const dot = (x: number[], y: number[]) => x.reduce((total, value, i) => total + value * (y[i] ?? 0), 0);
  for (let sweep = 0; sweep < 30; sweep++) {
    for (const [p, left] of all.entries()) {
      for (const right of all.slice(p + 1)) {
        const [alpha, beta, gamma] = [dot(left, left), dot(right, right), dot(left, right)];
        if (Math.abs(gamma) < 1e-15 * Math.sqrt(alpha * beta)) continue;
        const angle = 0.5 * Math.atan2(2 * gamma, alpha - beta);
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        for (let i = 0; i < rows; i++) {
          const [x, y] = [left[i] ?? 0, right[i] ?? 0];
          left[i] = cos * x + sin * y;
          right[i] = cos * y - sin * x;
        }
      }
    }
  }
  return all.map(column => Math.sqrt(dot(column, column))).sort((x, y) => y - x);
}

onEveryEngine(() => {
  it('brings singular values near 1 and keeps the directions', () => {
    for (const [rows, columns] of [
      [12, 12],
      [8, 33],
      [33, 8],
      [1, 17],
      [64, 48],
    ] as const) {
      tidy(() => {
        const x = randomTensor([rows, columns], rows);
        const y = orthogonalize(x, 10);
        const rank = Math.min(rows, columns);
        const values = singularValues(y).slice(0, rank);
        for (const value of values) expect(value).toBeGreaterThan(0.65);
        for (const value of values) expect(value).toBeLessThan(1.25);
        // With the same left and right vectors xᵀ y is symmetric and has no negative eigenvalue.
        const both = [x, y].map(matrix => matrix.dataSync());
        const entry = (i: number, j: number) => {
          let total = 0;
          for (let row = 0; row < rows; row++)
            total += (both[0]?.[row * columns + i] ?? 0) * (both[1]?.[row * columns + j] ?? 0);
          return total;
        };
        for (let i = 0; i < columns; i++) {
          expect(entry(i, i)).toBeGreaterThan(-1e-4);
          for (let j = 0; j < i; j++) expect(entry(i, j)).toBeCloseTo(entry(j, i), 3);
        }
      });
    }
  });

  it('computes as its reference does, alone and in stacks, on both sides, in fp32 and bf16', () => {
    for (const shape of [
      [7, 7],
      [3, 50],
      [50, 3],
      [5, 9, 16],
      [4, 16, 9],
      [2, 130, 67],
      [1, 1],
    ]) {
      tidy(() => {
        const x = randomTensor(shape, shape.length, 0.01);
        for (const iterations of [1, 2, 5]) {
          expectClose(orthogonalize(x, iterations), orthogonalizeReference(x, iterations, 'fp32'), 2e-4);
          // Two ways to round a tie apart, and the steep polynomial multiplies that.
          expectClose(orthogonalize(x, iterations, 'bf16'), orthogonalizeReference(x, iterations, 'bf16'), 0.06);
          expectClose(orthogonalize(x, iterations, 'bf16'), orthogonalize(x, iterations), 0.1);
        }
      });
    }
  });

  it('treats the matrices of a stack one by one, whatever their size', () => {
    tidy(() => {
      const [small, large] = [randomTensor([6, 10], 1, 1e-5), randomTensor([6, 10], 2, 1e3)];
      const both = orthogonalize(stack([small, large]), 5);
      for (const [index, each] of [small, large].entries()) {
        expectClose(reshape(slice(both, [index, 0, 0], [1, 6, 10]), [6, 10]), orthogonalize(each, 5), 1e-5);
        expectClose(orthogonalize(mul(each, 3), 5), orthogonalize(div(each, 7), 5), 1e-4);
        expectClose(transpose(orthogonalize(transpose(each), 5)), orthogonalize(each, 5), 1e-4);
      }
    });
  });

  it('leaves zeros zero', () => {
    tidy(() => {
      const zeros = mul(randomTensor([4, 6], 1), 0);
      expect([...orthogonalize(zeros, 5).dataSync()].every(value => value === 0)).toBe(true);
    });
  });
});
