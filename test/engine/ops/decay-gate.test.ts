import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { it } from 'vitest';
import { decayGate, decayGateReference } from '../../../src/engine/ops/decay-gate';
import { expectSameOp, onEveryEngine, randomTensor } from './engines';

const shapes = [
  { tokens: 1, heads: 1, channels: 1 },
  { tokens: 7, heads: 3, channels: 1 },
  { tokens: 90, heads: 4, channels: 9 },
];

onEveryEngine(() => {
  it.each(shapes)('equals its reference: $tokens tokens, $heads heads of $channels', ({ tokens, heads, channels }) => {
    const width = heads * channels;
    const inputs = [randomTensor([1, tokens, width], 1, 4), randomTensor([width], 2), randomTensor([heads], 3)];
    const call = (op: typeof decayGate) => (x: Tensor, bias: Tensor, rate: Tensor) =>
      op(x, bias as Tensor1D, rate as Tensor1D);
    expectSameOp(call(decayGate), call(decayGateReference), inputs);
    for (const input of inputs) input.dispose();
  });
});
