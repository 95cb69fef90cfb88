import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { DeltaShape } from '../backends/native/addon';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { deltaRuleChunked } from './delta-rule-plain';
import { expectShape } from './expect-shape';

/** Heads of the delta rule. Value head h reads key head floor(h / (heads / keyHeads)). */
export interface DeltaHeads {
  readonly keyHeads: number;
  readonly heads: number;
  readonly keyDim: number;
  readonly valueDim: number;
}

/** What the delta rule reads, token by token. */
export interface DeltaInputs {
  /** Queries, keys and values side by side: [batch, seq, 2 · keyHeads · keyDim + heads · valueDim]. */
  readonly mixed: Tensor3D;
  /** Logarithm of what is kept of the state: [batch, seq, heads], or [batch, seq, heads, keyDim] for one per key channel. */
  readonly decay: Tensor3D | Tensor4D;
  /** Share of the error that is corrected: [batch, seq, heads]. */
  readonly beta: Tensor3D;
}

/** What the delta rule answers, [batch, seq, heads, valueDim], and its state after the last token. */
export interface DeltaResult {
  readonly out: Tensor4D;
  /** [batch, heads, keyDim, valueDim]. */
  readonly state: Tensor4D;
}

/** Tokens between two states that are kept for the gradient. */
const nativeChunk = 64;

/**
 * The gated delta rule: S' = e^decay S, S = S' + k (β (v - S'ᵀ k))ᵀ, o = Sᵀ q, from a state of zeros.
 *
 * q and k are brought to unit length, q is divided by sqrt(keyDim). Result [batch, seq, heads, valueDim].
 * Yang et al. 2024, "Gated Delta Networks"; with a decay per channel: Kimi Team 2025, "Kimi Linear".
 */
export function deltaRule(inputs: DeltaInputs, heads: DeltaHeads): Tensor4D {
  expectInputs(inputs, heads);
  const native = currentNativeBackend();
  return native === null ? deltaRuleChunked(inputs, heads, null).out : deltaRuleNative(native, inputs, heads);
}

/** The same from the state that earlier tokens left behind (`null`: none), with the state after the last; no gradient. */
export function deltaRuleFrom(state: Tensor4D | null, inputs: DeltaInputs, heads: DeltaHeads): DeltaResult {
  const [batch] = expectInputs(inputs, heads);
  const stateShape = [batch, heads.heads, heads.keyDim, heads.valueDim];
  if (state !== null) expectShape('deltaRule', 'state', state, stateShape);
  const native = currentNativeBackend();
  if (native === null) return deltaRuleChunked(inputs, heads, state);
  const result = {
    out: native.outputTensor<Tensor4D>(outShape(inputs, heads)),
    state: native.outputTensor<Tensor4D>(stateShape),
  };
  const { out, state: final } = result;
  const initial = state === null ? null : native.floats(state);
  native.addon.deltaRule(
    ...shapeOf(inputs, heads),
    ...floatsOf(native, inputs),
    initial,
    native.floats(out),
    null,
    null,
    native.floats(final),
  );
  return result;
}

function expectInputs(
  { mixed, decay, beta }: DeltaInputs,
  { keyHeads, heads, keyDim, valueDim }: DeltaHeads,
): [batch: number] {
  const [batch, seq] = mixed.shape;
  if (heads % keyHeads !== 0) {
    throw new Error(`deltaRule: heads must be a multiple of keyHeads, but are ${heads} and ${keyHeads}`);
  }
  expectShape('deltaRule', 'mixed', mixed, [batch, seq, 2 * keyHeads * keyDim + heads * valueDim]);
  expectShape('deltaRule', 'decay', decay, [batch, seq, heads, ...(decay.rank === 4 ? [keyDim] : [])]);
  expectShape('deltaRule', 'beta', beta, [batch, seq, heads]);
  return [batch];
}

const outShape = ({ mixed }: DeltaInputs, { heads, valueDim }: DeltaHeads): number[] => [
  mixed.shape[0],
  mixed.shape[1],
  heads,
  valueDim,
];

const shapeOf = ({ mixed, decay }: DeltaInputs, { keyHeads, heads, keyDim, valueDim }: DeltaHeads): DeltaShape => [
  mixed.shape[0],
  mixed.shape[1],
  keyHeads,
  heads,
  keyDim,
  valueDim,
  decay.rank === 4 ? 1 : 0,
  nativeChunk,
];

const floatsOf = (backend: NativeBackend, { mixed, decay, beta }: DeltaInputs) =>
  [backend.floats(mixed), backend.floats(decay), backend.floats(beta)] as const;

/** Sequential in time, heads in parallel; kept are the errors v - S'ᵀ k and the state before every chunk. */
function deltaRuleNative(backend: NativeBackend, inputs: DeltaInputs, heads: DeltaHeads): Tensor4D {
  const { addon } = backend;
  const shape = shapeOf(inputs, heads);
  const [batch, seq] = shape;
  const { mixed, decay, beta } = inputs;
  return fused<Tensor4D>(
    [mixed, decay, beta],
    () => {
      const out = backend.outputTensor<Tensor4D>(outShape(inputs, heads));
      const errors = backend.outputTensor(out.shape);
      const chunks = Math.ceil(seq / nativeChunk);
      const states = backend.outputTensor([batch, heads.heads, chunks, heads.keyDim, heads.valueDim]);
      const kept = [backend.floats(errors), backend.floats(states)] as const;
      addon.deltaRule(...shape, ...floatsOf(backend, inputs), null, backend.floats(out), ...kept, null);
      return { value: out, keep: [mixed, decay, beta, errors, states] };
    },
    (dy, kept) => {
      const [keptMixed, keptDecay, keptBeta, errors, states] = kept.map(tensor => backend.floats(tensor));
      if (!keptMixed || !keptDecay || !keptBeta || !errors || !states) {
        throw new Error('deltaRule: the gradient needs five saved tensors');
      }
      const given: readonly Tensor[] = [mixed, decay, beta];
      const gradients = given.map(tensor => backend.outputTensor(tensor.shape));
      const [dMixed, dDecay, dBeta] = gradients.map(tensor => backend.floats(tensor));
      if (!dMixed || !dDecay || !dBeta) throw new Error('deltaRule: three gradients expected');
      const saved = [keptMixed, keptDecay, keptBeta, errors, states] as const;
      addon.deltaRuleGradient(...shape, ...saved, backend.floats(dy), dMixed, dDecay, dBeta);
      return gradients;
    },
  );
}
