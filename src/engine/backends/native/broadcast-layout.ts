/** Dims and strides of two broadcast inputs, with adjacent dimensions merged where both allow it. */
export interface BroadcastLayout {
  readonly rank: number;
  /** dims, strides of a, strides of b: `rank` numbers each. */
  readonly layout: Int32Array;
}

/** How two dense tensors are read for a result of shape `out`; strides of repeated dimensions are 0. */
export function broadcastLayout(out: readonly number[], a: readonly number[], b: readonly number[]): BroadcastLayout {
  const dims: number[] = [];
  const aStrides: number[] = [];
  const bStrides: number[] = [];
  const strideOf = stridesFromTheEnd(out.length, a);
  const otherStrideOf = stridesFromTheEnd(out.length, b);
  for (let axis = 0; axis < out.length; axis++) {
    const size = out[axis] ?? 1;
    if (size === 1) continue;
    const [aStride, bStride] = [strideOf[axis] ?? 0, otherStrideOf[axis] ?? 0];
    const last = dims.length - 1;
    // The dimension before continues into this one when its stride is this one's whole extent, for both inputs.
    if (last >= 0 && aStrides[last] === aStride * size && bStrides[last] === bStride * size) {
      dims[last] = (dims[last] ?? 1) * size;
      aStrides[last] = aStride;
      bStrides[last] = bStride;
    } else {
      dims.push(size);
      aStrides.push(aStride);
      bStrides.push(bStride);
    }
  }
  if (dims.length === 0) return { rank: 1, layout: Int32Array.of(1, 0, 0) };
  return { rank: dims.length, layout: Int32Array.from([...dims, ...aStrides, ...bStrides]) };
}

/** Strides of a dense shape, aligned to the last of `rank` dimensions, 0 where its size is 1. */
function stridesFromTheEnd(rank: number, shape: readonly number[]): number[] {
  const strides = new Array<number>(rank).fill(0);
  let stride = 1;
  for (let i = 1; i <= shape.length; i++) {
    const size = shape[shape.length - i] ?? 1;
    strides[rank - i] = size === 1 ? 0 : stride;
    stride *= size;
  }
  return strides;
}
