import {
  concat,
  matMul,
  reshape,
  slice,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tile,
  transpose,
} from '@tensorflow/tfjs-core';
import type { SettingsOf, WeightNameOf } from '../../../architecture/registry';
import { attention } from '../../ops/attention';
import { columns } from '../../ops/columns';
import { linear } from '../../ops/linear';
import { scaleByPosition } from '../../ops/position-temperature';
import { rmsNorm } from '../../ops/rms-norm';
import type { Layer, Memory, MixingScope } from '../layer';

type MlaScope = MixingScope<SettingsOf<'attention.mla'>, WeightNameOf<'attention.mla'>>;

/**
 * y = W_o attention([q_n; rotate(q_r)], [W_uk c; rotate(k_r)], W_uv c) with one latent c = norm(W_c x) and one key k_r per token.
 *
 * Over whole sequences keys and values are made from the latents; while decoding the projections move to the other side of the
 * products, (W_uk^T q_n) · c and W_uv (Σ w c), so that only latents are kept and read. Shapes: x and y [batch, seq, hidden].
 * DeepSeek-AI 2024, "DeepSeek-V2".
 */
export const mlaLayer: Layer<'attention.mla'> = {
  mix(x, scope) {
    const { weights, pass, memory, config } = scope;
    const query = queriesOf(x, scope);
    const { latent, sharedKey } = latentsOf(x, scope);
    const attended =
      memory === null
        ? attendExpanded(query, latent, sharedKey, scope)
        : attendLatents(query, remember(memory, latent, sharedKey), scope);
    const [batch, seq] = x.shape;
    const rows = reshape(attended, [batch, seq, config.heads * config.value_dim]);
    return linear(rows, weights.get('output', 2), null, pass.precision) as Tensor3D;
  },
};

interface Query {
  /** [batch, seq, heads, nopeDim] */
  readonly plain: Tensor4D;
  /** [batch, seq, heads, ropeDim] */
  readonly rotated: Tensor4D;
}

function queriesOf(x: Tensor3D, { config, weights, pass, rotate }: MlaScope): Query {
  const { heads, nope_dim: nope, rope_dim: rope, latent_epsilon: epsilon } = config;
  const [batch, seq] = x.shape;
  const direct = weights.find('query', 2);
  const project = (y: Tensor, name: 'query_latent' | 'query_up') =>
    linear(y, weights.get(name, 2), null, pass.precision);
  const norm = (y: Tensor) => rmsNorm(y, weights.get('query_latent_norm', 1), { epsilon, unitOffset: false });
  const query =
    direct === null ? project(norm(project(x, 'query_latent')), 'query_up') : linear(x, direct, null, pass.precision);
  const rows = reshape(query, [batch * seq * heads, nope + rope]) as Tensor2D;
  const split = (start: number, width: number) => reshape(columns(rows, start, width), [batch, seq, heads, width]);
  const sharpened = (y: Tensor4D): Tensor4D =>
    config.temperature === null
      ? y
      : scaleByPosition(y, pass.offset, { strength: config.temperature, floor: config.temperature_floor, first: 0 });
  return {
    plain: sharpened(split(0, nope) as Tensor4D),
    rotated: sharpened(rotate(split(nope, rope) as Tensor4D)),
  };
}

interface Latents {
  /** [batch, seq, kvRank], after its norm. */
  readonly latent: Tensor3D;
  /** [batch, seq, 1, ropeDim], rotated. */
  readonly sharedKey: Tensor4D;
}

function latentsOf(x: Tensor3D, { config, weights, pass, rotate }: MlaScope): Latents {
  const { kv_rank: rank, rope_dim: rope, latent_epsilon: epsilon } = config;
  const [batch, seq] = x.shape;
  const both = linear(x, weights.get('latent', 2), null, pass.precision);
  const rows = reshape(both, [batch * seq, rank + rope]) as Tensor2D;
  const latent = rmsNorm(columns(rows, 0, rank), weights.get('latent_norm', 1), { epsilon, unitOffset: false });
  const key = reshape(columns(rows, rank, rope), [batch, seq, 1, rope]) as Tensor4D;
  return { latent: reshape(latent, [batch, seq, rank]) as Tensor3D, sharedKey: rotate(key) };
}

/** Keys and values of every head are made: what a pass over whole sequences does. [batch, seq, heads, valueDim]. */
function attendExpanded(query: Query, latent: Tensor3D, sharedKey: Tensor4D, scope: MlaScope): Tensor4D {
  const { heads, nope_dim: nope, value_dim: value } = scope.config;
  const [batch, seq] = latent.shape;
  const made = linear(latent, scope.weights.get('key_value', 2), null, scope.pass.precision);
  const rows = reshape(made, [batch * seq * heads, nope + value]) as Tensor2D;
  const split = (start: number, width: number) => reshape(columns(rows, start, width), [batch, seq, heads, width]);
  const key = concat([split(0, nope), tile(sharedKey, [1, 1, heads, 1])], 3) as Tensor4D;
  const wholeQuery = concat([query.plain, query.rotated], 3) as Tensor4D;
  return attention(wholeQuery, key, split(nope, value) as Tensor4D, { ...optionsOf(scope), offset: 0 });
}

/**
 * Attention among the latents themselves, as if all heads shared one key and one value: the same scores, since
 * q_n · W_uk c = (W_uk^T q_n) · c, and the same answer. Takes no gradient. [batch, seq, heads, valueDim].
 */
function attendLatents(query: Query, { latent, sharedKey }: Latents, scope: MlaScope): Tensor4D {
  const { heads, nope_dim: nope, value_dim: value, kv_rank: rank } = scope.config;
  const [batch, seq] = query.plain.shape;
  const past = latent.shape[1];
  const perHead = reshape(scope.weights.get('key_value', 2), [heads, nope + value, rank]) as Tensor3D;
  const keyUp = slice(perHead, [0, 0, 0], [heads, nope, rank]);
  const valueUp = slice(perHead, [0, nope, 0], [heads, value, rank]);
  /** [batch, seq, heads, size] to [heads, batch * seq, size], and back. */
  const byHead = (y: Tensor4D) => reshape(transpose(y, [2, 0, 1, 3]), [heads, batch * seq, y.shape[3]]);
  const byToken = (y: Tensor, size: number) =>
    transpose(reshape(y, [heads, batch, seq, size]), [1, 2, 0, 3]) as Tensor4D;
  const latentQuery = byToken(matMul(byHead(query.plain), keyUp), rank);
  const latentValue = reshape(latent, [batch, past, 1, rank]) as Tensor4D;
  const key = concat([latentValue, sharedKey], 3) as Tensor4D;
  const whole = concat([latentQuery, query.rotated], 3) as Tensor4D;
  const attended = attention(whole, key, latentValue, { ...optionsOf(scope), offset: past - seq });
  return byToken(matMul(byHead(attended), valueUp, false, true), value);
}

const optionsOf = ({ config, scoreFactor }: MlaScope) => ({
  window: null,
  scale: config.scale * scoreFactor,
  softcap: null,
});

/** Appends to what earlier tokens left. */
function remember(memory: Memory, latent: Tensor3D, sharedKey: Tensor4D): Latents {
  const append = <T extends Tensor>(name: string, fresh: T): T => {
    const earlier = memory.get(name);
    const all = earlier === null ? fresh : (concat([earlier, fresh], 1) as T);
    memory.set(name, all);
    return all;
  };
  return { latent: append('latent', latent), sharedKey: append('shared_key', sharedKey) };
}
