import {
  concat,
  mul,
  reshape,
  sigmoid,
  slice,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { SettingsOf, WeightNameOf } from '../../../architecture/registry';
import { attention } from '../../ops/attention';
import { columns } from '../../ops/columns';
import { linear } from '../../ops/linear';
import { scaleByPosition } from '../../ops/position-temperature';
import { rmsNorm } from '../../ops/rms-norm';
import { view } from '../../ops/view';
import type { Layer, Memory, MixingScope } from '../layer';

type GqaScope = MixingScope<SettingsOf<'attention.gqa'>, WeightNameOf<'attention.gqa'>>;

/**
 * y = W_o (g * attention(rotate(norm(W_q x)), rotate(norm(W_k x)), W_v x)) with grouped key and value heads and an optional gate
 * g = σ(W_g x).
 *
 * Shapes: x and y [batch, seq, hidden]. Ainslie et al. 2023; query and key norms as in Qwen3 (head), OLMo 2 (layer) and Llama 4
 * (weightless); gate: Qiu et al. 2025, "Gated Attention for Large Language Models".
 */
export const gqaLayer: Layer<'attention.gqa'> = {
  mix(x, scope) {
    const { config, weights, pass, memory } = scope;
    const { kv_heads: kvHeads, window, chunk, scale, softcap, value_scale: valueScale } = config;
    const [, seq] = x.shape;
    const { query, gate } = queryAndGate(x, scope);
    const key = prepare(project(x, 'key', scope), 'key', scope);
    const values = splitHeads(project(x, 'value', scope), kvHeads);
    const value = valueScale === 1 ? values : (mul(values, valueScale) as Tensor4D);
    const seen = memory === null ? { key, value } : remember(memory, { key, value }, pass.offset + seq, config);
    const attended = attention(
      query,
      seen.key,
      seen.value,
      { window, chunk, scale, softcap, offset: seen.key.shape[1] - seq },
      weights.find('sinks', 1),
    );
    const answers = joinHeads(attended);
    const rows = gate === null ? answers : mul(answers, sigmoid(gate));
    return linear(rows, weights.get('output', 2), weights.find('output_bias', 1), pass.precision) as Tensor3D;
  },
};

const project = (x: Tensor3D, name: 'query' | 'key' | 'value', { weights, pass }: GqaScope): Tensor3D =>
  linear(x, weights.get(name, 2), weights.find(`${name}_bias`, 1), pass.precision) as Tensor3D;

/** Queries ready for scores, and what the sigmoid of the gate is taken of: [batch, seq, heads * valueDim], or null. */
function queryAndGate(x: Tensor3D, scope: GqaScope): { readonly query: Tensor4D; readonly gate: Tensor3D | null } {
  const { config, weights, pass } = scope;
  const { heads, head_dim: headDim, value_dim: valueDim, temperature } = config;
  const [batch, seq] = x.shape;
  const projected = project(x, 'query', scope);
  const lines = config.gate === 'fused' ? (reshape(projected, [-1, headDim + valueDim]) as Tensor2D) : null;
  const part = (start: number, width: number) =>
    lines === null ? projected : (reshape(columns(lines, start, width), [batch, seq, heads * width]) as Tensor3D);
  const prepared = prepare(part(0, headDim), 'query', scope);
  const query =
    temperature === null
      ? prepared
      : scaleByPosition(prepared, pass.offset, { strength: temperature, floor: config.temperature_floor, first: 1 });
  const separate = weights.find('gate', 2);
  const gate = separate === null ? null : (linear(x, separate, null, pass.precision) as Tensor3D);
  return { query, gate: config.gate === 'fused' ? part(headDim, valueDim) : gate };
}

/** Queries or keys split into heads, with norm and position. A norm acts on whatever its weight spans. */
function prepare(rows: Tensor3D, name: 'query' | 'key', { config, ambient, weights, rotate }: GqaScope): Tensor4D {
  const heads = name === 'query' ? config.heads : config.kv_heads;
  const normalize = <T extends Tensor>(y: T) => rmsNorm(y, weights.find(`${name}_norm`, 1), ambient.norm) as T;
  switch (config.qk_norm) {
    case 'none':
      return rotate(splitHeads(rows, heads));
    case 'head':
      return rotate(normalize(splitHeads(rows, heads)));
    case 'layer':
      return rotate(splitHeads(normalize(rows), heads));
    case 'weightless':
      return normalize(rotate(splitHeads(rows, heads)));
  }
}

/** [batch, seq, heads * dim] to [batch, seq, heads, dim]. */
const splitHeads = (rows: Tensor3D, heads: number): Tensor4D => {
  const [batch, seq, size] = rows.shape;
  return view(rows, [batch, seq, heads, size / heads]);
};

/** [batch, seq, heads, dim] to [batch, seq, heads * dim]. */
const joinHeads = (x: Tensor4D): Tensor3D => {
  const [batch, seq, heads, dim] = x.shape;
  return view(x, [batch, seq, heads * dim]);
};

interface Seen {
  readonly key: Tensor4D;
  readonly value: Tensor4D;
}

/** Appends keys and values to those of earlier tokens, `length` with these, and keeps as many as a later token can see. */
function remember(
  memory: Memory,
  fresh: Seen,
  length: number,
  { window, chunk }: { readonly window: number | null; readonly chunk: number | null },
): Seen {
  // The last token's chunk from its start, so that what is kept begins with a chunk, as the attention counts them.
  const useful = chunk === null ? (window ?? length) : ((length - 1) % chunk) + 1;
  const append = (name: keyof Seen): Tensor4D => {
    const earlier = memory.get(name) as Tensor4D | null;
    const all = earlier === null ? fresh[name] : concat([earlier, fresh[name]], 1);
    const [batch, seq, heads, dim] = all.shape;
    const kept = Math.min(seq, useful);
    memory.set(name, kept === seq ? all : slice(all, [0, seq - kept, 0, 0], [batch, kept, heads, dim]));
    return all;
  };
  return { key: append('key'), value: append('value') };
}
