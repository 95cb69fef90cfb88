import {
  add,
  exp,
  expandDims,
  mul,
  neg,
  reshape,
  slice,
  stack,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { columns } from './columns';
import { expectShape } from './expect-shape';
import { shifted } from './shifted';
import { softplus } from './softplus';

export interface SelectiveScanInputs {
  /** [batch, seq, channels] */
  readonly x: Tensor3D;
  /** Step sizes before the bias and the softplus, [batch, seq, channels]. */
  readonly step: Tensor3D;
  /** [channels] */
  readonly stepBias: Tensor1D;
  /** B, then C, of every token: [batch, seq, 2 · state]. */
  readonly bc: Tensor3D;
  /** log(-A), [channels, state] */
  readonly decay: Tensor2D;
  /** D, [channels] */
  readonly skip: Tensor1D;
}

export interface SelectiveScanResult {
  /** [batch, seq, channels] */
  readonly y: Tensor3D;
  /** The state after the last token, [batch, state, channels]. */
  readonly state: Tensor3D;
}

/**
 * The selective scan of Mamba: h_t = exp(dt_t A) h_(t-1) + dt_t B_t x_t and y_t = C_t h_t + D x_t per channel, from an empty state,
 * with dt = softplus(step + bias) and A = -exp(decay). Gu and Dao 2023.
 */
export function selectiveScan(inputs: SelectiveScanInputs): Tensor3D {
  expectInputs(inputs);
  const native = currentNativeBackend();
  return native === null ? selectiveScanParallel(inputs).y : selectiveScanNative(native, inputs);
}

/** The same from a state (`null`: empty), which is returned anew: for decoding. It has no gradient. */
export function selectiveScanFrom(initial: Tensor3D | null, inputs: SelectiveScanInputs): SelectiveScanResult {
  expectInputs(inputs);
  const native = currentNativeBackend();
  if (native === null) return selectiveScanParallel(inputs, initial);
  const { y, states } = runForward(native, inputs, initial);
  const [batch, seq, channels] = inputs.x.shape;
  const state = inputs.decay.shape[1];
  const final = native.outputTensor<Tensor3D>([batch, state, channels]);
  const [each, chunks] = [state * channels, chunksOf(seq)];
  const [from, to] = [native.floats(states), native.floats(final)];
  native.addon.copyRows(batch, each, chunks * each, (chunks + 1) * each, 0, each, from, to);
  return { y, state: final };
}

/** The recurrence as it is defined, token by token, in plain tfjs ops. */
export function selectiveScanSequential(
  inputs: SelectiveScanInputs,
  initial: Tensor3D | null = null,
): SelectiveScanResult {
  const { decays, added, c } = prepare(inputs);
  const [seq, batch, state, channels] = decays.shape as [number, number, number, number];
  const at = (all: Tensor, token: number) => reshape(slice(all, [token, 0, 0, 0], [1, -1, -1, -1]), all.shape.slice(1));
  let memory: Tensor = initial ?? zeros([batch, state, channels]);
  const answers: Tensor[] = [];
  for (let token = 0; token < seq; token++) {
    memory = add(mul(at(decays, token), memory), at(added, token));
    answers.push(sum(mul(memory, at(c, token)), 1));
  }
  const y = add(stack(answers, 1), mul(inputs.x, inputs.skip)) as Tensor3D;
  return { y, state: memory as Tensor3D };
}

/**
 * The recurrence in log2(seq) steps over whole sequences, in plain tfjs ops: after each step a token knows what twice as many
 * tokens before it add to its state (Hillis and Steele 1986).
 */
export function selectiveScanParallel(
  inputs: SelectiveScanInputs,
  initial: Tensor3D | null = null,
): SelectiveScanResult {
  const prepared = prepare(inputs);
  let { decays, added } = prepared;
  const [seq, batch, state, channels] = decays.shape as [number, number, number, number];
  for (let reach = 1; reach < seq; reach *= 2) {
    added = add(added, mul(decays, shifted(added, reach, 0)));
    decays = mul(decays, shifted(decays, reach, 1));
  }
  // One token alone decays nothing, but its decay still has a gradient: zero.
  const start = initial ?? (seq === 1 ? zeros([batch, state, channels]) : null);
  const states = start === null ? added : add(added, mul(decays, expandDims(start, 0)));
  const read = transpose(sum(mul(states, prepared.c), 2), [1, 0, 2]);
  const y = add(read, mul(inputs.x, inputs.skip)) as Tensor3D;
  const last = slice(states, [seq - 1, 0, 0, 0], [1, batch, state, channels]);
  return { y, state: reshape(last, [batch, state, channels]) as Tensor3D };
}

/** exp(dt A) and dt B x of every token, [seq, batch, state, channels], and C [seq, batch, state, 1]. */
function prepare({ x, step, stepBias, bc, decay }: SelectiveScanInputs): { decays: Tensor; added: Tensor; c: Tensor } {
  const [batch, seq] = x.shape;
  const [channels, state] = decay.shape;
  const tokensFirst = (rows: Tensor) => transpose(rows, [1, 0, 2]);
  const dt = tokensFirst(softplus(add(step, stepBias)));
  const rates = reshape(transpose(neg(exp(decay))), [1, 1, state, channels]);
  const selected = reshape(tokensFirst(bc), [-1, 2 * state]) as Tensor2D;
  const part = (start: number) => reshape(columns(selected, start, state), [seq, batch, state, 1]);
  return {
    decays: exp(mul(expandDims(dt, 2), rates)),
    added: mul(part(0), expandDims(mul(dt, tokensFirst(x)), 2)),
    c: part(state),
  };
}

/** Tokens of a chunk of the kernel, as in native/source/kernels.h. */
const chunkTokens = 32;
const chunksOf = (seq: number): number => Math.ceil(seq / chunkTokens);

function expectInputs({ x, step, stepBias, bc, decay, skip }: SelectiveScanInputs): void {
  const [batch, seq, channels] = x.shape;
  expectShape('selectiveScan', 'step', step, [batch, seq, channels]);
  expectShape('selectiveScan', 'decay', decay, [channels, null]);
  expectShape('selectiveScan', 'bc', bc, [batch, seq, 2 * decay.shape[1]]);
  for (const [name, tensor] of Object.entries({ stepBias, skip })) {
    expectShape('selectiveScan', name, tensor, [channels]);
  }
}

const sizesOf = ({ x, decay }: SelectiveScanInputs) => [...x.shape, decay.shape[1]] as const;
const listOf = ({ x, step, stepBias, bc, decay, skip }: SelectiveScanInputs) => [x, step, stepBias, bc, decay, skip];

function runForward(backend: NativeBackend, inputs: SelectiveScanInputs, initial: Tensor3D | null) {
  const [batch, seq, channels, state] = sizesOf(inputs);
  const y = backend.outputTensor<Tensor3D>(inputs.x.shape);
  // The state before every chunk, and after the last.
  const states = backend.outputTensor([batch, chunksOf(seq) + 1, state, channels]);
  const arrays = [...listOf(inputs), y, states].map(tensor => backend.floats(tensor));
  backend.addon.selectiveScan(...sizesOf(inputs), initial === null ? null : backend.floats(initial), ...arrays);
  return { y, states };
}

function selectiveScanNative(backend: NativeBackend, inputs: SelectiveScanInputs): Tensor3D {
  const given = listOf(inputs);
  return fused<Tensor3D>(
    given,
    () => {
      const { y, states } = runForward(backend, inputs, null);
      return { value: y, keep: [...given, y, states] };
    },
    (dy, kept) => {
      const gradients = given.map(({ shape }) => backend.outputTensor(shape));
      const arrays = [...kept, dy, ...gradients].map(tensor => backend.floats(tensor));
      backend.addon.selectiveScanGradient(...sizesOf(inputs), null, ...arrays);
      return gradients;
    },
  );
}
