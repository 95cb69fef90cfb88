import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type DeltaHeads, type DeltaInputs, deltaRule, deltaRuleFrom } from '../../ops/delta-rule';
import type { Memory } from '../layer';

/** The delta rule over whole sequences, or, while decoding, on from the state that `memory` keeps: [batch, seq, heads, valueDim]. */
export function runDeltaRule(inputs: DeltaInputs, heads: DeltaHeads, memory: Memory | null): Tensor4D {
  if (memory === null) return deltaRule(inputs, heads);
  const { out, state } = deltaRuleFrom(memory.get('state') as Tensor4D | null, inputs, heads);
  memory.set('state', state);
  return out;
}
