import {
  add,
  concat,
  exp,
  expandDims,
  matMul,
  maximum,
  minimum,
  mul,
  neg,
  reshape,
  slice,
  stack,
  sub,
  sum,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
  tensor,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import { columns } from './columns';
import { softplus } from './softplus';
import type { SsdInputs, SsdOptions, SsdResult } from './ssd';

/** The recurrence of `ssd` as it is defined, token by token: S = exp(dt A) S + B (dt x)ᵀ, y = Sᵀ C + D x. */
export function ssdSequential(inputs: SsdInputs, options: SsdOptions, initial: Tensor4D | null = null): SsdResult {
  const { heads, headDim, groups, state } = options;
  const perGroup = heads / groups;
  const { x, b, c, step, rate } = prepare(inputs, options);
  const [batch, seq] = inputs.xbc.shape;
  const at = (all: Tensor, token: number, shape: number[]) =>
    reshape(slice(all, [0, token, ...all.shape.slice(2).map(() => 0)], [-1, 1, ...all.shape.slice(2)]), [
      batch,
      groups,
      ...shape,
    ]);
  let memory = asHeads(initial ?? zeros([batch, groups, state, perGroup * headDim]), options);
  const answers: Tensor[] = [];
  for (let token = 0; token < seq; token++) {
    const dt = at(step, token, [1, perGroup, 1]);
    const xt = at(x, token, [1, perGroup, headDim]);
    const remembered = mul(memory, exp(mul(dt, reshape(rate, [1, groups, 1, perGroup, 1]))));
    memory = add(remembered, mul(at(b, token, [state, 1, 1]), mul(dt, xt)));
    const read = sum(mul(memory, at(c, token, [state, 1, 1])), 2, true);
    const skipped = mul(xt, reshape(inputs.skip, [1, groups, 1, perGroup, 1]));
    answers.push(reshape(add(read, skipped), [batch, heads * headDim]));
  }
  return {
    y: stack(answers, 1) as Tensor3D,
    state: reshape(memory, [batch, groups, state, perGroup * headDim]) as Tensor4D,
  };
}

/**
 * `ssd` in chunks, in plain tfjs ops: within a chunk as attention with decaying scores, between chunks by one state per chunk.
 *
 * y_i = Σ_(j <= i) (C_i·B_j) exp(a_i - a_j) dt_j x_j + exp(a_i) Sᵀ C_i + D x_i with a the sum of dt A within the chunk and S the state
 * before it. Dao and Gu 2024, section 6.
 */
export function ssdChunked(
  inputs: SsdInputs,
  options: SsdOptions,
  initial: Tensor4D | null = null,
  chunk = 32,
): SsdResult {
  const { heads, headDim, groups, state } = options;
  const perGroup = heads / groups;
  const width = perGroup * headDim;
  const [batch, seq] = inputs.xbc.shape;
  const size = Math.min(chunk, seq);
  const chunks = Math.ceil(seq / size);
  const { x, b, c, step, rate } = prepare(inputs, options);
  // What is added at the end has steps of 0: it neither decays nor adds anything.
  const inChunks = (all: Tensor, shape: number[], order: number[]) => {
    const missing = chunks * size - seq;
    const whole = missing === 0 ? all : concat([all, zeros([batch, missing, ...all.shape.slice(2)])], 1);
    return transpose(reshape(whole, [batch, chunks, size, groups, ...shape]), order);
  };
  const xs = inChunks(x, [width], [0, 1, 3, 2, 4]);
  const bs = inChunks(b, [state], [0, 1, 3, 2, 4]);
  const cs = inChunks(c, [state], [0, 1, 3, 2, 4]);
  // [batch, chunks, groups, perGroup, size]
  const steps = inChunks(step, [perGroup], [0, 1, 3, 4, 2]);
  const decays = mul(steps, reshape(rate, [1, 1, groups, perGroup, 1]));
  const sums = reshape(matMul(reshape(decays, [1, -1, size]), lowerTriangle(size, 1, 0), false, true), decays.shape);
  const last = slice(sums, [0, 0, 0, 0, size - 1], [-1, -1, -1, -1, 1]);

  // Within the chunk, [batch, chunks, groups, perGroup, size, size].
  const differences = sub(expandDims(sums, 5), expandDims(sums, 4));
  const shrink = exp(add(differences, reshape(lowerTriangle(size, 0, -1e30), [1, 1, 1, 1, size, size])));
  const scores = mul(expandDims(matMul(cs, bs, false, true), 3), mul(shrink, expandDims(steps, 4)));
  const byHead = transpose(reshape(xs, [batch, chunks, groups, size, perGroup, headDim]), [0, 1, 2, 4, 3, 5]);
  const within = transpose(matMul(scores, byHead), [0, 1, 2, 4, 3, 5]);

  // Between chunks: what each adds to the state, [batch, chunks, groups, state, width].
  const byToken = (values: Tensor) => expandDims(transpose(values, [0, 1, 2, 4, 3]), 5);
  const kept = mul(exp(sub(last, sums)), steps);
  const weighted = reshape(mul(reshape(xs, [batch, chunks, groups, size, perGroup, headDim]), byToken(kept)), xs.shape);
  const added = matMul(bs, weighted, true, false);
  const entering: Tensor[] = [];
  let memory: Tensor = initial ?? zeros([batch, groups, state, width]);
  for (let index = 0; index < chunks; index++) {
    entering.push(memory);
    const part = (all: Tensor) => slice(all, [0, index, 0, 0, 0], [-1, 1, -1, -1, -1]);
    const decay = reshape(exp(part(last)), [batch, groups, 1, perGroup, 1]);
    const remembered = reshape(mul(asHeads(memory, options), decay), memory.shape);
    memory = add(remembered, reshape(part(added), memory.shape));
  }
  const read = reshape(matMul(cs, stack(entering, 1)), [batch, chunks, groups, size, perGroup, headDim]);
  const skip = mul(reshape(xs, read.shape), reshape(inputs.skip, [1, 1, groups, 1, perGroup, 1]));
  const all = add(add(within, mul(read, byToken(exp(sums)))), skip);
  const y = reshape(transpose(all, [0, 1, 3, 2, 4, 5]), [batch, chunks * size, heads * headDim]);
  return {
    y: (chunks * size === seq ? y : slice(y, [0, 0, 0], [batch, seq, heads * headDim])) as Tensor3D,
    state: memory as Tensor4D,
  };
}

/** Takes x, B and C apart and turns raw steps into step sizes dt and rates A; all [batch, seq, ...]. */
function prepare(
  { xbc, step, stepBias, decay }: SsdInputs,
  { heads, headDim, groups, state, floor, ceiling }: SsdOptions,
) {
  const [batch, seq, width] = xbc.shape;
  const inner = heads * headDim;
  const part = (start: number, count: number) =>
    reshape(columns(reshape(xbc, [-1, width]), start, count), [batch, seq, count]);
  const positive = maximum(softplus(add(step, stepBias)), floor);
  return {
    x: part(0, inner),
    b: part(inner, groups * state),
    c: part(inner + groups * state, groups * state),
    step: ceiling === null ? positive : minimum(positive, ceiling),
    rate: neg(exp(decay)),
  };
}

/** A state as [batch, groups, state, heads of the group, headDim]. */
const asHeads = (memory: Tensor, { heads, headDim, groups, state }: SsdOptions): Tensor =>
  reshape(memory, [-1, groups, state, heads / groups, headDim]);

/** [1, size, size] with `inside` on and below the diagonal and `outside` above it. */
function lowerTriangle(size: number, inside: number, outside: number): Tensor3D {
  const values = Float32Array.from({ length: size * size }, (_, index) =>
    index % size <= Math.floor(index / size) ? inside : outside,
  );
  return tensor(values, [1, size, size]);
}
