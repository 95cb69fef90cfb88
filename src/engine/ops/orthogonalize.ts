import { add, div, matMul, maximum, mul, sqrt, square, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Addon } from '../backends/native/addon';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { type Precision, roundToBfloat16 } from './bfloat16';
import { expectShape } from './expect-shape';

/** The polynomial of one step: so steep at 0 that few steps take small singular values near 1 (Jordan et al. 2024). */
const [a, b, c] = [3.4445, -4.775, 2.0315];
/** Smallest norm that a matrix is divided by. */
const smallestNorm = 1e-7;

/**
 * Brings the singular values of a matrix near 1 (most between 0.7 and 1.2) and keeps its directions: Newton-Schulz steps
 * X <- a X + (b A + c A A) X with A = X Xᵀ, from X = x / |x|. Without a gradient.
 *
 * Shapes: x and result [rows, columns], or [count, rows, columns] for a stack, each matrix on its own. With precision 'bf16' the
 * factors of all products are rounded to bfloat16 and summed in fp32.
 */
export function orthogonalize(x: Tensor, iterations: number, precision: Precision = 'fp32'): Tensor {
  expectShape('orthogonalize', 'x', x, x.rank === 3 ? [null, null, null] : [null, null]);
  const native = currentNativeBackend();
  return native === null
    ? orthogonalizeReference(x, iterations, precision)
    : orthogonalizeNative(native, x, iterations, precision);
}

/** `orthogonalize` in plain tfjs ops. */
export function orthogonalizeReference(x: Tensor, iterations: number, precision: Precision): Tensor {
  const round = (y: Tensor) => (precision === 'bf16' ? roundToBfloat16(y) : y);
  const isTall = isTaller(x);
  return tidy(() => {
    const norm = sqrt(sum(square(x), [x.rank - 2, x.rank - 1], true));
    let y = div(x, maximum(norm, smallestNorm));
    for (let step = 0; step < iterations; step++) {
      const factor = round(y);
      const gram = matMul(factor, factor, isTall, !isTall);
      const polynomial = round(add(mul(gram, b), matMul(round(mul(gram, c)), round(gram))));
      y = add(mul(y, a), isTall ? matMul(factor, polynomial) : matMul(polynomial, factor));
    }
    return y;
  });
}

/** Then Xᵀ X is smaller than X Xᵀ; with it on the other side of X the result is the same. */
function isTaller({ shape }: Tensor): boolean {
  const [rows = 1, columns = 1] = shape.slice(-2);
  return rows > columns;
}

/** Three products and three scalings per step, in five arrays. */
function orthogonalizeNative(backend: NativeBackend, x: Tensor, iterations: number, precision: Precision): Tensor {
  const { addon } = backend;
  const [rows = 1, columns = 1] = x.shape.slice(-2);
  const size = rows * columns;
  const count = x.size / size;
  const isTall = isTaller(x);
  const side = Math.min(rows, columns);
  const bf16 = precision === 'bf16';
  const scale = (factor: number, from: Float32Array, to: Float32Array) =>
    addon.unary(scaleKind, factor, from.length, from, to);
  return tidy(() => {
    const room = (length: number) => backend.floats(backend.outputTensor([length]));
    const squares = count * side * side;
    const [gram, scaled, polynomial] = [room(squares), room(squares), room(squares)];
    const results = [backend.outputTensor(x.shape), backend.outputTensor(x.shape)] as const;
    let [now, next] = [backend.floats(results[0]), backend.floats(results[1])];
    const given = backend.floats(x);
    for (let start = 0; start < x.size; start += size) {
      const matrix = given.subarray(start, start + size);
      const norm = Math.sqrt(addon.sumOfSquares(size, matrix));
      scale(1 / Math.max(norm, smallestNorm), matrix, now.subarray(start, start + size));
    }
    for (let step = 0; step < iterations; step++) {
      const whole = dense(now, columns);
      const turned: Factor = { floats: now, row: 1, column: columns };
      const [left, right] = isTall ? [turned, whole] : [whole, turned];
      const depth = Math.max(rows, columns);
      multiply(addon, { count, rows: side, columns: side, depth, left, right, accumulate: false, bf16 }, gram);
      scale(b, gram, polynomial);
      scale(c, gram, scaled);
      const square = { count, rows: side, columns: side, depth: side, accumulate: true, bf16 };
      multiply(addon, { ...square, left: dense(scaled, side), right: dense(gram, side) }, polynomial);
      scale(a, now, next);
      const factor = dense(polynomial, side);
      const sides = isTall ? { left: whole, right: factor } : { left: factor, right: whole };
      multiply(addon, { count, rows, columns, depth: side, ...sides, accumulate: true, bf16 }, next);
      [now, next] = [next, now];
    }
    return results[iterations % 2 === 0 ? 0 : 1];
  });
}

/** `scale` in native/source/kernels.h. */
const scaleKind = 9;

/** A stack of matrices with the distances between two rows and between two columns. */
interface Factor {
  readonly floats: Float32Array;
  readonly row: number;
  readonly column: number;
}

const dense = (floats: Float32Array, row: number): Factor => ({ floats, row, column: 1 });

interface Product {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly left: Factor;
  readonly right: Factor;
  /** Adds to what is there. */
  readonly accumulate: boolean;
  readonly bf16: boolean;
}

/** out (+)= left right, for every matrix of the stacks. */
function multiply(addon: Addon, product: Product, out: Float32Array): void {
  const { count, rows, columns, depth, left, right, accumulate, bf16 } = product;
  const [leftStack, rightStack] = [left.floats.length / count, right.floats.length / count];
  addon.matrixProduct(
    count,
    rows,
    columns,
    depth,
    leftStack,
    left.row,
    left.column,
    rightStack,
    right.row,
    right.column,
    accumulate ? 1 : 0,
    bf16 ? 1 : 0,
    left.floats,
    right.floats,
    null,
    out,
  );
}
