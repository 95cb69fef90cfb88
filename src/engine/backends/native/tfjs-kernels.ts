import {
  backend_util,
  type KernelConfig,
  type KernelFunc,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { broadcastLayout } from './broadcast-layout';
import { type NativeBackend, nativeBackendName } from './native-backend';

/** One call of a kernel; `null` from it leaves the call to tfjs's CPU kernel. */
type NativeKernel = (backend: NativeBackend, inputs: NamedTensorInfoMap, attrs: NamedAttrMap) => TensorInfo | null;

// The numbers of native/source/kernels.h.
const binaryKinds = { Add: 0, Sub: 1, Multiply: 2, RealDiv: 3, Maximum: 4, Minimum: 5 } as const;
const unaryKinds = {
  Neg: 0,
  Square: 1,
  Sqrt: 2,
  Rsqrt: 3,
  Exp: 4,
  Tanh: 5,
  Sigmoid: 6,
  Erf: 7,
  Reciprocal: 8,
  Sign: 10,
} as const;
/** Highest rank that the strided kernels take. */
const highestRank = 6;

/** tfjs kernels that have a native version for float32. Other dtypes, and empty tensors, stay with the CPU backend. */
const kernels: Readonly<Record<string, NativeKernel>> = {
  ...Object.fromEntries(Object.entries(binaryKinds).map(([name, kind]) => [name, binaryKernel(kind)])),
  ...Object.fromEntries(Object.entries(unaryKinds).map(([name, kind]) => [name, unaryKernel(kind)])),
  BatchMatMul: batchMatMul,
  Concat: concat,
  Mean: (backend, inputs, attrs) => reduce(backend, inputs.x, attrs, true),
  PadV2: pad,
  Slice: slice,
  Softmax: softmax,
  Sum: (backend, inputs, attrs) => reduce(backend, inputs.x, attrs, false),
  Tile: tile,
  Transpose: transpose,
};

/** tfjs's CPU kernels for the native backend, with ours in front where we have one. */
export function nativeKernelConfigs(cpuConfigs: readonly KernelConfig[]): KernelConfig[] {
  return cpuConfigs.map(config => {
    const native = kernels[config.kernelName];
    return {
      ...config,
      backendName: nativeBackendName,
      kernelFunc: native === undefined ? config.kernelFunc : withFallback(native, config.kernelFunc),
    };
  });
}

function withFallback(native: NativeKernel, cpu: KernelFunc): KernelFunc {
  return params => {
    const inputs = Object.values(params.inputs);
    const fits = inputs.every(input => input !== undefined && input.dtype === 'float32' && !input.shape.includes(0));
    const result = fits ? native(params.backend as NativeBackend, params.inputs, params.attrs ?? {}) : null;
    return result ?? cpu(params);
  };
}

function binaryKernel(kind: number): NativeKernel {
  return (backend, { a, b }) => {
    if (a === undefined || b === undefined) return null;
    const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const { rank, layout } = broadcastLayout(shape, a.shape, b.shape);
    if (rank > highestRank) return null;
    const y = backend.output(shape);
    backend.addon.binary(kind, rank, layout, backend.floats(a), backend.floats(b), backend.floats(y));
    return y;
  };
}

function unaryKernel(kind: number): NativeKernel {
  return (backend, { x }) => {
    if (x === undefined) return null;
    const y = backend.output(x.shape);
    backend.addon.unary(kind, 0, util.sizeFromShape(x.shape), backend.floats(x), backend.floats(y));
    return y;
  };
}

/** Sum or mean over axes between which nothing else lies: [outer, reduced, inner] without a transpose. */
function reduce(
  backend: NativeBackend,
  x: TensorInfo | undefined,
  attrs: NamedAttrMap,
  mean: boolean,
): TensorInfo | null {
  if (x === undefined) return null;
  const axes = util.parseAxisParam(attrs.axis as number | number[], x.shape);
  // Axes of one element neither add anything nor stand between others.
  const long = axes.filter(axis => x.shape[axis] !== 1).sort((left, right) => left - right);
  const [first = 0] = long;
  const end = (long.at(-1) ?? -1) + 1;
  const product = (from: number, to: number) => util.sizeFromShape(x.shape.slice(from, to));
  const [outer, inner] = [product(0, first), product(end, x.shape.length)];
  const reduced = long.reduce((size, axis) => size * (x.shape[axis] ?? 1), 1);
  if (axes.length === 0 || outer * reduced * inner !== util.sizeFromShape(x.shape)) return null;
  const shape = x.shape.flatMap((size, axis) => (axes.includes(axis) ? (attrs.keepDims === true ? [1] : []) : [size]));
  const y = backend.output(shape);
  backend.addon.sum(outer, reduced, inner, mean ? 1 / reduced : 1, backend.floats(x), backend.floats(y));
  return y;
}

function denseStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return strides;
}

function transpose(backend: NativeBackend, { x }: NamedTensorInfoMap, attrs: NamedAttrMap): TensorInfo | null {
  const permutation = attrs.perm as number[];
  if (x === undefined || x.shape.length === 0 || x.shape.length > highestRank) return null;
  const strides = denseStrides(x.shape);
  const shape = permutation.map(axis => x.shape[axis] ?? 1);
  const y = backend.output(shape);
  const layout = Int32Array.from([...shape, ...permutation.map(axis => strides[axis] ?? 1)]);
  backend.addon.copy(0, shape.length, layout, backend.floats(x), backend.floats(y));
  return y;
}

function slice(backend: NativeBackend, { x }: NamedTensorInfoMap, attrs: NamedAttrMap): TensorInfo | null {
  if (x === undefined || x.shape.length === 0 || x.shape.length > highestRank) return null;
  const begin = attrs.begin as number[];
  const shape = (attrs.size as number[]).map((size, axis) =>
    size < 0 ? (x.shape[axis] ?? 0) - (begin[axis] ?? 0) : size,
  );
  const inside = shape.every((size, axis) => size > 0 && (begin[axis] ?? 0) + size <= (x.shape[axis] ?? 0));
  if (!inside || begin.length !== x.shape.length || shape.length !== x.shape.length) return null;
  const strides = denseStrides(x.shape);
  const start = begin.reduce((sum, from, axis) => sum + from * (strides[axis] ?? 1), 0);
  const y = backend.output(shape);
  backend.addon.copy(
    start,
    shape.length,
    Int32Array.from([...shape, ...strides]),
    backend.floats(x),
    backend.floats(y),
  );
  return y;
}

/** Repeats as a strided copy: every axis of x has an axis of repeats before it, along which x stands still. */
function tile(backend: NativeBackend, { x }: NamedTensorInfoMap, attrs: NamedAttrMap): TensorInfo | null {
  const times = attrs.reps as number[];
  if (x === undefined || times.length !== x.shape.length || times.includes(0)) return null;
  const strides = denseStrides(x.shape);
  const moves = x.shape
    .flatMap((size, axis) => [
      { size: times[axis] ?? 1, stride: 0 },
      { size, stride: strides[axis] ?? 1 },
    ])
    .filter(({ size }) => size > 1);
  if (moves.length === 0 || moves.length > highestRank) return null;
  const y = backend.output(x.shape.map((size, axis) => size * (times[axis] ?? 1)));
  const layout = Int32Array.from([...moves.map(({ size }) => size), ...moves.map(({ stride }) => stride)]);
  backend.addon.copy(0, moves.length, layout, backend.floats(x), backend.floats(y));
  return y;
}

/** Padding along one axis: rows of x between rows of the constant. */
function pad(backend: NativeBackend, { x }: NamedTensorInfoMap, attrs: NamedAttrMap): TensorInfo | null {
  if (x === undefined) return null;
  const paddings = attrs.paddings as readonly (readonly [before: number, after: number])[];
  const padded = paddings.flatMap(([before, after], axis) => (before > 0 || after > 0 ? [axis] : []));
  const [axis] = padded;
  if (axis === undefined || padded.length > 1) return null;
  const [before, after] = paddings[axis] ?? [0, 0];
  const shape = x.shape.map((size, each) => (each === axis ? before + size + after : size));
  const y = backend.output(shape);
  const outer = util.sizeFromShape(shape.slice(0, axis));
  const inner = util.sizeFromShape(shape.slice(axis + 1));
  const [width, row] = [(x.shape[axis] ?? 1) * inner, (shape[axis] ?? 1) * inner];
  const values = backend.floats(y);
  values.fill(attrs.constantValue as number);
  backend.addon.copyRows(outer, width, 0, width, before * inner, row, backend.floats(x), values);
  return y;
}

/** Softmax of rows in plain loops: routers have few scores, and tfjs's own makes six passes over each. */
function softmax(backend: NativeBackend, { logits }: NamedTensorInfoMap, attrs: NamedAttrMap): TensorInfo | null {
  if (logits === undefined || attrs.dim !== logits.shape.length - 1) return null;
  const width = logits.shape.at(-1) ?? 1;
  const result = backend.output(logits.shape);
  const [x, y] = [backend.floats(logits), backend.floats(result)];
  for (let start = 0; start < x.length; start += width) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let at = start; at < start + width; at++) largest = Math.max(largest, x[at] as number);
    let total = 0;
    for (let at = start; at < start + width; at++) {
      const part = Math.exp((x[at] as number) - largest);
      y[at] = part;
      total += part;
    }
    for (let at = start; at < start + width; at++) y[at] = (y[at] as number) / total;
  }
  return result;
}

function concat(backend: NativeBackend, inputs: NamedTensorInfoMap, attrs: NamedAttrMap): TensorInfo | null {
  const parts = Object.values(inputs).filter(part => part !== undefined);
  const [first] = parts;
  if (first === undefined || parts.length < 2) return null;
  const axis = util.parseAxisParam(attrs.axis as number, first.shape)[0] ?? 0;
  backend_util.assertParamsConsistent(
    parts.map(part => part.shape),
    axis,
  );
  const shape = backend_util.computeOutShape(
    parts.map(part => part.shape),
    axis,
  );
  const outer = util.sizeFromShape(shape.slice(0, axis));
  const row = util.sizeFromShape(shape.slice(axis));
  const y = backend.output(shape);
  let start = 0;
  for (const part of parts) {
    const width = util.sizeFromShape(part.shape.slice(axis));
    backend.addon.copyRows(outer, width, 0, width, start, row, backend.floats(part), backend.floats(y));
    start += width;
  }
  return y;
}

/** Products of stacks of matrices; a stack of one is used for all. */
function batchMatMul(backend: NativeBackend, { a, b }: NamedTensorInfoMap, attrs: NamedAttrMap): TensorInfo | null {
  if (a === undefined || b === undefined || a.shape.length < 2 || b.shape.length < 2) return null;
  const [transposeA, transposeB] = [attrs.transposeA === true, attrs.transposeB === true];
  const [aRows = 1, aColumns = 1] = a.shape.slice(-2);
  const [bRows = 1, bColumns = 1] = b.shape.slice(-2);
  const [aStack, bStack] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [aCount, bCount] = [util.sizeFromShape(aStack), util.sizeFromShape(bStack)];
  if (!util.arraysEqual(aStack, bStack) && aCount !== 1 && bCount !== 1) return null;
  const [rows, depth] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [bDepth, columns] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  if (depth !== bDepth) {
    throw new Error(
      `BatchMatMul: inner dimensions must agree, but are ${depth} and ${bDepth} of [${a.shape}] and [${b.shape}]`,
    );
  }
  const y = backend.output([...backend_util.assertAndGetBroadcastShape(aStack, bStack), rows, columns]);
  backend.addon.matrixProduct(
    Math.max(aCount, bCount),
    rows,
    columns,
    depth,
    aCount === 1 ? 0 : aRows * aColumns,
    transposeA ? 1 : aColumns,
    transposeA ? aColumns : 1,
    bCount === 1 ? 0 : bRows * bColumns,
    transposeB ? 1 : bColumns,
    transposeB ? bColumns : 1,
    0,
    0,
    backend.floats(a),
    backend.floats(b),
    null,
    backend.floats(y),
  );
  return y;
}
