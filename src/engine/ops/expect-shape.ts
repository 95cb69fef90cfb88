import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Throws a programmer error unless `tensor` has the expected shape.
 * A `null` in `expected` accepts any size there; a leading `'...'` accepts any leading dimensions.
 */
export function expectShape(
  operation: string,
  name: string,
  tensor: Tensor,
  expected: readonly (number | null | '...')[],
): void {
  const open = expected[0] === '...';
  const sizes = open ? expected.slice(1) : expected;
  const actual = open ? tensor.shape.slice(Math.max(0, tensor.rank - sizes.length)) : tensor.shape;
  const fits = actual.length === sizes.length && sizes.every((size, axis) => size === null || size === actual[axis]);
  if (!fits) {
    const wanted = expected.map(size => (size === null ? '*' : size)).join(', ');
    throw new Error(`${operation}: ${name} must have shape [${wanted}], but has [${tensor.shape.join(', ')}]`);
  }
}

/** Throws a programmer error unless `tensor` has the given dtype. */
export function expectDtype(operation: string, name: string, tensor: Tensor, dtype: 'float32' | 'int32'): void {
  if (tensor.dtype !== dtype) {
    throw new Error(`${operation}: ${name} must be ${dtype}, but is ${tensor.dtype}`);
  }
}

/** The size of the last dimension; a scalar is a programmer error. */
export function lastSize(operation: string, name: string, tensor: Tensor): number {
  const size = tensor.shape.at(-1);
  if (size === undefined) throw new Error(`${operation}: ${name} must have at least one dimension, but is a scalar`);
  return size;
}
