import {
  add,
  concat,
  div,
  exp,
  expandDims,
  matMul,
  minimum,
  mul,
  neg,
  reshape,
  rsqrt,
  slice,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  type Tensor4D,
  tensor2d,
  tile,
  transpose,
  unstack,
  zeros,
} from '@tensorflow/tfjs-core';
import type { DeltaHeads, DeltaInputs, DeltaResult } from './delta-rule';

/** The inputs by head, queries and keys normalized: [batch, heads, seq, …]; beta with a last dimension of 1, decay with 1 or keyDim. */
interface ByHead {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly decay: Tensor;
  readonly beta: Tensor;
}

/** `deltaRule` as it is defined, token after token. */
export function deltaRuleReference(inputs: DeltaInputs, heads: DeltaHeads, initial: Tensor4D | null): DeltaResult {
  const { query, key, value, decay, beta } = byHead(inputs, heads);
  const [q, k, v, g, b] = [query, key, value, decay, beta].map(tensor => unstack(expandDims(tensor, -1), 2));
  let state: Tensor = initial ?? emptyState(inputs, heads);
  const outs = (q ?? []).map((queryNow, token) => {
    const at = (tensors: Tensor[] | undefined): Tensor => tensors?.[token] ?? query;
    const kept = mul(exp(at(g)), state);
    const error = sub(at(v), matMul(kept, at(k), true, false));
    state = add(kept, matMul(at(k), mul(at(b), error), false, true));
    return matMul(state, queryNow, true, false);
  });
  const [batch = 0, seq = 0] = inputs.mixed.shape;
  const out = reshape(stack(outs, 1), [batch, seq, heads.heads, heads.valueDim]) as Tensor4D;
  return { out, state: state as Tensor4D };
}

/** Tokens that `deltaRuleChunked` works on at once. */
const chunk = 16;

/**
 * `deltaRule` in chunks: within a chunk the corrections u solve (I + B) u = β (v - K̃ S) with B_ij = β_i Σ_c k_ic k_jc e^(b_ic - b_jc)
 * for j < i, where b sums the decays from the start of the chunk (the WY or UT form), so only chunks follow one another.
 *
 * Yang et al. 2024, "Parallelizing Linear Transformers with the Delta Rule over Sequence Length".
 */
export function deltaRuleChunked(inputs: DeltaInputs, heads: DeltaHeads, initial: Tensor4D | null): DeltaResult {
  const [batch = 0, seq = 0] = inputs.mixed.shape;
  const { query, key, value, decay, beta } = byHead(inputs, heads);
  const chunks = Math.ceil(seq / chunk);
  // Tokens of zeros behind the end change no state: β = 0 corrects nothing and e^0 forgets nothing.
  const cut = (x: Tensor): Tensor => {
    const [, , , size = 1] = x.shape;
    const rest = chunks * chunk - seq;
    const whole = rest === 0 ? x : concat([x, zeros([batch, heads.heads, rest, size])], 2);
    // Chunks come first: taking one then copies a whole piece of memory.
    return transpose(reshape(whole, [batch * heads.heads, chunks, chunk, size]), [1, 0, 2, 3]);
  };
  const [q, k, v, b] = [cut(query), cut(key), cut(value), cut(beta)];
  const sums = matMul(lowerTriangle(true), cut(decay));
  const whole = slice(sums, [0, 0, chunk - 1, 0], [-1, -1, 1, -1]);
  const before = exp(sums);
  const weighed = (rows: Tensor): Tensor => pairs(rows, k, sums);

  const inverse = inverseUnitLower(mul(mul(weighed(k), lowerTriangle(false)), b));
  const ofValues = matMul(inverse, mul(v, b));
  const ofState = matMul(inverse, mul(mul(k, before), b));
  const within = mul(weighed(q), lowerTriangle(true));
  const reading = mul(q, before);
  const writing = mul(k, exp(sub(whole, sums)));
  const keeping = exp(transpose(whole, [0, 1, 3, 2]));

  const each = [ofValues, ofState, within, reading, writing, keeping].map(tensor => unstack(tensor));
  let state: Tensor = reshape(initial ?? emptyState(inputs, heads), [-1, heads.keyDim, heads.valueDim]);
  const outs = Array.from({ length: chunks }, (_, index) => {
    const at = (which: number): Tensor => each[which]?.[index] ?? query;
    const change = sub(at(0), matMul(at(1), state));
    const out = add(matMul(at(3), state), matMul(at(2), change));
    state = add(mul(at(5), state), matMul(at(4), change, true, false));
    return out;
  });
  const all = reshape(concat(outs, 1), [batch, heads.heads, chunks * chunk, heads.valueDim]);
  const out = transpose(slice(all, [0, 0, 0, 0], [-1, -1, seq, -1]), [0, 2, 1, 3]) as Tensor4D;
  return { out, state: reshape(state, [batch, heads.heads, heads.keyDim, heads.valueDim]) as Tensor4D };
}

function byHead({ mixed, decay, beta }: DeltaInputs, { keyHeads, heads, keyDim, valueDim }: DeltaHeads): ByHead {
  const [batch = 0, seq = 0] = mixed.shape;
  const keys = keyHeads * keyDim;
  const part = (start: number, width: number): Tensor => slice(mixed, [0, 0, start], [batch, seq, width]);
  const first = (x: Tensor, count: number): Tensor => transpose(reshape(x, [batch, seq, count, -1]), [0, 2, 1, 3]);
  const unit = (x: Tensor): Tensor => {
    const each = first(x, keyHeads);
    const normalized = mul(each, rsqrt(add(sum(square(each), -1, true), 1e-6)));
    const times = heads / keyHeads;
    return times === 1
      ? normalized
      : reshape(tile(expandDims(normalized, 2), [1, 1, times, 1, 1]), [batch, heads, seq, keyDim]);
  };
  return {
    query: div(unit(part(0, keys)), Math.sqrt(keyDim)),
    key: unit(part(keys, keys)),
    value: first(part(2 * keys, heads * valueDim), heads),
    decay: first(decay, heads),
    beta: first(beta, heads),
  };
}

const emptyState = ({ mixed }: DeltaInputs, { heads, keyDim, valueDim }: DeltaHeads): Tensor4D =>
  zeros([mixed.shape[0], heads, keyDim, valueDim]);

/** Ones below the diagonal, or on it too: [chunk, chunk]. */
function lowerTriangle(diagonal: boolean): Tensor {
  const ones = new Float32Array(chunk * chunk);
  for (let row = 0; row < chunk; row++) ones.fill(1, row * chunk, row * chunk + row + (diagonal ? 1 : 0));
  return tensor2d(ones, [chunk, chunk]);
}

/**
 * Σ_c rows_ic keys_jc e^(sums_ic - sums_jc) for every two tokens j <= i of a chunk; above the diagonal something finite.
 *
 * Differences are taken before the exponential, so nothing overflows however fast a channel forgets. Shapes: rows and keys
 * [chunks, heads, chunk, keyDim], sums the same or with a last dimension of 1, result [chunks, heads, chunk, chunk].
 */
function pairs(rows: Tensor, keys: Tensor, sums: Tensor): Tensor {
  const between = (later: Tensor, earlier: Tensor): Tensor => exp(minimum(sub(later, earlier), 0));
  if (sums.shape.at(-1) === 1) {
    return mul(matMul(rows, keys, false, true), between(sums, transpose(sums, [0, 1, 3, 2])));
  }
  const [later, earlier] = [(x: Tensor) => expandDims(x, 3), (x: Tensor) => expandDims(x, 2)];
  return sum(mul(mul(later(rows), earlier(keys)), between(later(sums), earlier(sums))), -1);
}

/** (I + L)⁻¹ of strictly lower triangular L [..., size, size], half by half: [[A, 0], [C, D]]⁻¹ = [[A⁻¹, 0], [-D⁻¹ C A⁻¹, D⁻¹]]. */
function inverseUnitLower(lower: Tensor): Tensor {
  const size = lower.shape.at(-1) ?? 1;
  if (size === 1) return add(lower, 1);
  const half = size / 2;
  const leading = lower.shape.slice(0, -2);
  const part = (row: number, column: number): Tensor =>
    slice(lower, [...leading.map(() => 0), row, column], [...leading, half, half]);
  const both = inverseUnitLower(stack([part(0, 0), part(half, half)]));
  const [first, second] = unstack(both) as [Tensor, Tensor];
  const corner = neg(matMul(second, matMul(part(half, 0), first)));
  return concat([concat([first, zeros([...leading, half, half])], -1), concat([corner, second], -1)], -2);
}
