import type { Tensor1D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { expectShape } from './expect-shape';
import { ssdChunked } from './ssd-reference';

export interface SsdInputs {
  /** x [heads · headDim], B and C [groups · state] of every token side by side: [batch, seq, heads · headDim + 2 · groups · state]. */
  readonly xbc: Tensor3D;
  /** Step sizes before the bias and the softplus, [batch, seq, heads]. */
  readonly step: Tensor3D;
  /** [heads] */
  readonly stepBias: Tensor1D;
  /** log(-A), [heads] */
  readonly decay: Tensor1D;
  /** D, [heads] */
  readonly skip: Tensor1D;
}

export interface SsdOptions {
  readonly heads: number;
  readonly headDim: number;
  /** Heads in the same group share B and C. */
  readonly groups: number;
  readonly state: number;
  /** Bounds of the step sizes; a ceiling of `null` is none. */
  readonly floor: number;
  readonly ceiling: number | null;
}

export interface SsdResult {
  /** [batch, seq, heads · headDim] */
  readonly y: Tensor3D;
  /** The state after the last token, [batch, groups, state, heads / groups · headDim]. */
  readonly state: Tensor4D;
}

/**
 * State-space duality, the recurrence of Mamba-2: S = exp(dt A) S + B (dt x)ᵀ, y = Sᵀ C + D x per head, from an empty state, with
 * dt = clamp(softplus(step + bias)) and A = -exp(decay).
 *
 * Computed in chunks as matrix products. Dao and Gu 2024.
 */
export function ssd(inputs: SsdInputs, options: SsdOptions): Tensor3D {
  expectInputs(inputs, options);
  const native = currentNativeBackend();
  return native === null ? ssdChunked(inputs, options).y : ssdNative(native, inputs, options);
}

/** The same from a state (`null`: empty), which is returned anew: for decoding. It has no gradient. */
export function ssdFrom(initial: Tensor4D | null, inputs: SsdInputs, options: SsdOptions): SsdResult {
  expectInputs(inputs, options);
  const native = currentNativeBackend();
  if (native === null) return ssdChunked(inputs, options, initial);
  const { y, states } = runForward(native, inputs, options, initial);
  const [batch, seq] = inputs.xbc.shape;
  const { groups, state } = options;
  const width = (options.heads * options.headDim) / groups;
  const final = native.outputTensor<Tensor4D>([batch, groups, state, width]);
  const each = groups * state * width;
  const chunks = chunksOf(seq);
  const [from, to] = [native.floats(states), native.floats(final)];
  native.addon.copyRows(batch, each, chunks * each, (chunks + 1) * each, 0, each, from, to);
  return { y, state: final };
}

/** Tokens of a chunk of the kernel, as in native/source/kernels/ssd.h. */
const chunkTokens = 64;
const chunksOf = (seq: number): number => Math.ceil(seq / chunkTokens);

function expectInputs({ xbc, step, stepBias, decay, skip }: SsdInputs, options: SsdOptions): void {
  const { heads, headDim, groups, state } = options;
  if (heads % groups !== 0) throw new Error(`ssd: groups must divide heads, but are ${groups} of ${heads}`);
  expectShape('ssd', 'xbc', xbc, [null, null, heads * headDim + 2 * groups * state]);
  expectShape('ssd', 'step', step, [xbc.shape[0], xbc.shape[1], heads]);
  for (const [name, tensor] of Object.entries({ stepBias, decay, skip })) expectShape('ssd', name, tensor, [heads]);
}

const sizesOf = ({ xbc }: SsdInputs, { heads, headDim, groups, state, floor, ceiling }: SsdOptions) => {
  const [batch, seq] = xbc.shape;
  return [batch, seq, heads, headDim, groups, state, floor, ceiling ?? Number.POSITIVE_INFINITY] as const;
};

function runForward(backend: NativeBackend, inputs: SsdInputs, options: SsdOptions, initial: Tensor4D | null) {
  const { xbc, step, stepBias, decay, skip } = inputs;
  const [batch, seq] = xbc.shape;
  const { heads, headDim, groups, state } = options;
  const width = (heads * headDim) / groups;
  const y = backend.outputTensor<Tensor3D>([batch, seq, heads * headDim]);
  // Step sizes and their sums within a chunk, times A.
  const [steps, sums] = [backend.outputTensor([batch, heads, seq]), backend.outputTensor([batch, heads, seq])];
  // The state before every chunk, and after the last.
  const states = backend.outputTensor([batch, chunksOf(seq) + 1, groups, state, width]);
  const given = [xbc, step, stepBias, decay, skip].map(tensor => backend.floats(tensor));
  const made = [y, steps, sums, states].map(tensor => backend.floats(tensor));
  const start = initial === null ? null : backend.floats(initial);
  backend.addon.ssd(...sizesOf(inputs, options), start, ...given, ...made);
  return { y, steps, sums, states };
}

function ssdNative(backend: NativeBackend, inputs: SsdInputs, options: SsdOptions): Tensor3D {
  const { xbc, step, stepBias, decay, skip } = inputs;
  const given = [xbc, step, stepBias, decay, skip];
  return fused<Tensor3D>(
    given,
    () => {
      const { y, steps, sums, states } = runForward(backend, inputs, options, null);
      return { value: y, keep: [...given, y, steps, sums, states] };
    },
    (dy, kept) => {
      const flows = backend.outputTensor(kept.at(-1)?.shape ?? []);
      const gradients = given.map(({ shape }) => backend.outputTensor(shape));
      const arrays = [...kept, dy, flows, ...gradients].map(tensor => backend.floats(tensor));
      backend.addon.ssdGradient(...sizesOf(inputs, options), null, ...arrays);
      flows.dispose();
      return gradients;
    },
  );
}
