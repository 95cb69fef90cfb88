import {
  concat,
  matMul,
  mul,
  reshape,
  slice,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tile,
  transpose,
} from '@tensorflow/tfjs-core';
import { indexerOf } from '../../../architecture/components/indexer/indexer-costs';
import type { SettingsOf, WeightNameOf } from '../../../architecture/registry';
import { attachLoss } from '../../ops/attach-loss';
import { attention } from '../../ops/attention';
import { columns } from '../../ops/columns';
import { detach } from '../../ops/detach';
import { linear } from '../../ops/linear';
import { maskedAttention } from '../../ops/masked-attention';
import { scaleByPosition } from '../../ops/position-temperature';
import { rmsNorm } from '../../ops/rms-norm';
import { chosenMask, type IndexerTensors, indexerKeys, indexerLoss, indexerScores } from '../indexer/lightning';
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
    const fresh = latentsOf(x, scope);
    const selection = selectKeys(x, query.from, scope);
    const attended =
      memory === null
        ? attendExpanded(query, fresh, selection, scope)
        : attendLatents(query, remember(memory, fresh), selection, scope);
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
  /** What queries are projected from: [batch, seq, queryRank], or the input itself. */
  readonly from: Tensor3D;
}

function queriesOf(x: Tensor3D, { config, weights, pass, rotate }: MlaScope): Query {
  const { heads, nope_dim: nope, rope_dim: rope, latent_epsilon: epsilon } = config;
  const [batch, seq] = x.shape;
  const direct = weights.find('query', 2);
  const project = (y: Tensor, name: 'query_latent' | 'query_up') =>
    linear(y, weights.get(name, 2), null, pass.precision);
  const norm = (y: Tensor) => rmsNorm(y, weights.get('query_latent_norm', 1), { epsilon, unitOffset: false });
  const from = (direct === null ? norm(project(x, 'query_latent')) : x) as Tensor3D;
  const query = direct === null ? project(from, 'query_up') : linear(x, direct, null, pass.precision);
  const rows = reshape(query, [batch * seq * heads, nope + rope]) as Tensor2D;
  const split = (start: number, width: number) => reshape(columns(rows, start, width), [batch, seq, heads, width]);
  const sharpened = (y: Tensor4D): Tensor4D =>
    config.temperature === null
      ? y
      : scaleByPosition(y, pass.offset, { strength: config.temperature, floor: config.temperature_floor, first: 0 });
  return {
    plain: sharpened(split(0, nope) as Tensor4D),
    rotated: sharpened(rotate(split(nope, rope) as Tensor4D)),
    from,
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
function attendExpanded(
  query: Query,
  { latent, sharedKey }: Latents,
  selection: Selection | null,
  scope: MlaScope,
): Tensor4D {
  const { heads, nope_dim: nope, value_dim: value } = scope.config;
  const [batch, seq] = latent.shape;
  const made = linear(latent, scope.weights.get('key_value', 2), null, scope.pass.precision);
  const rows = reshape(made, [batch * seq * heads, nope + value]) as Tensor2D;
  const split = (start: number, width: number) => reshape(columns(rows, start, width), [batch, seq, heads, width]);
  const key = concat([split(0, nope), tile(sharedKey, [1, 1, heads, 1])], 3) as Tensor4D;
  const wholeQuery = concat([query.plain, query.rotated], 3) as Tensor4D;
  return attend(wholeQuery, key, split(nope, value) as Tensor4D, selection, scope);
}

/**
 * Attention among the latents themselves, as if all heads shared one key and one value: the same scores, since
 * q_n · W_uk c = (W_uk^T q_n) · c, and the same answer. Takes no gradient. [batch, seq, heads, valueDim].
 */
function attendLatents(
  query: Query,
  { latent, sharedKey }: Latents,
  selection: Selection | null,
  scope: MlaScope,
): Tensor4D {
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
  const attended = attend(whole, key, latentValue, selection, scope);
  return byToken(matMul(byHead(attended), valueUp, false, true), value);
}

/** Causal attention, among the chosen keys where an indexer chose some. */
function attend(
  query: Tensor4D,
  key: Tensor4D,
  value: Tensor4D,
  selection: Selection | null,
  { config, scoreFactor }: MlaScope,
): Tensor4D {
  const scale = config.scale * scoreFactor;
  if (selection === null) {
    const offset = key.shape[1] - query.shape[1];
    return attention(query, key, value, { window: null, scale, softcap: null, offset });
  }
  const { scores, mask, loss } = selection;
  const { attended, weights } = maskedAttention(query, key, value, mask, scale);
  return loss === 0 ? attended : attachLoss(attended, mul(indexerLoss(scores, mask, weights), loss));
}

/** Which keys the tokens see. Scores and mask [batch, seq, keySeq]. */
interface Selection {
  readonly scores: Tensor3D;
  readonly mask: Tensor3D;
  /** Weight of the indexer's own loss in this pass. */
  readonly loss: number;
}

/** The choice of the indexer; `null` where every token sees all before it. The rest of the model does not feel it. */
function selectKeys(
  x: Tensor3D,
  from: Tensor3D,
  { config, weights, pass, memory, rotate }: MlaScope,
): Selection | null {
  const sizes = indexerOf(config.indexer);
  if (sizes === null) return null;
  const isLearning = pass.training && sizes.loss > 0;
  if (memory === null && !isLearning && x.shape[1] <= sizes.topK) return null;
  const tensors: IndexerTensors = {
    query: weights.get('indexer_query', 2),
    key: weights.get('indexer_key', 2),
    norm: weights.get('indexer_norm', 1),
    normBias: weights.get('indexer_norm_bias', 1),
    weights: weights.get('indexer_weights', 2),
  };
  // Published indexers turn halves where the attention turns neighbours.
  const byHalves = (y: Tensor4D): Tensor4D => rotate(y, false);
  const input = detach(x);
  const fresh = indexerKeys(input, tensors, config.rope_dim, byHalves);
  const keys = memory === null ? fresh : append(memory, 'indexer_key', fresh);
  if (keys.shape[1] <= sizes.topK && !isLearning) return null;
  const scores = indexerScores({ x: input, from: detach(from), keys }, tensors, sizes, config.rope_dim, byHalves);
  const mask = chosenMask(scores, sizes.topK, keys.shape[1] - x.shape[1]);
  return { scores, mask, loss: isLearning ? sizes.loss : 0 };
}

/** Appends to what earlier tokens left. */
const remember = (memory: Memory, { latent, sharedKey }: Latents): Latents => ({
  latent: append(memory, 'latent', latent),
  sharedKey: append(memory, 'shared_key', sharedKey),
});

/** Appends rows along the sequence. */
function append<T extends Tensor>(memory: Memory, name: string, fresh: T): T {
  const earlier = memory.get(name);
  const all = earlier === null ? fresh : (concat([earlier, fresh], 1) as T);
  memory.set(name, all);
  return all;
}
