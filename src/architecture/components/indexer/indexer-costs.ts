import { type Ambient, type Instance, meanVisible, type Weight, weight } from '../../component';

/** What an attention with an indexer reads off it. */
export interface IndexerSizes {
  readonly heads: number;
  readonly headDim: number;
  readonly topK: number;
  /** Weight of its own loss. */
  readonly loss: number;
}

/** Names of the tensors of an indexer; they belong to the attention it chooses for. */
export type IndexerWeight = 'indexer_query' | 'indexer_key' | 'indexer_norm' | 'indexer_norm_bias' | 'indexer_weights';

/** The sizes of an indexer; `null` where there is none. Specs of earlier runs do not name one. */
export function indexerOf(indexer: Instance | undefined): IndexerSizes | null {
  const { heads, head_dim: headDim, top_k: topK, loss } = indexer?.config ?? {};
  if (typeof heads !== 'number' || typeof headDim !== 'number' || typeof topK !== 'number') return null;
  return { heads, headDim, topK, loss: typeof loss === 'number' ? loss : 0 };
}

/** The tensors of an indexer whose queries are made from vectors of `queryFrom` numbers. */
export function indexerWeights(
  indexer: Instance | undefined,
  queryFrom: number,
  { hidden, initStd }: Pick<Ambient, 'hidden' | 'initStd'>,
): readonly Weight<IndexerWeight>[] {
  const sizes = indexerOf(indexer);
  if (sizes === null) return [];
  const { heads, headDim } = sizes;
  // Only its own loss reaches it: the choice of tokens has no gradient.
  const trainable = sizes.loss > 0;
  const matrix = { init: { kind: 'normal', std: initStd }, role: 'matmul', trainable } as const;
  const named = (hf: string, gguf: string) => ({ hf: `self_attn.indexer.${hf}`, gguf: `indexer.${gguf}` });
  return [
    weight('indexer_query', {
      shape: { query: heads * headDim, latent: queryFrom },
      ...matrix,
      ...named('wq_b.weight', 'attn_q_b.weight'),
    }),
    weight('indexer_key', { shape: { key: headDim, hidden }, ...matrix, ...named('wk.weight', 'attn_k.weight') }),
    weight('indexer_norm', {
      shape: { key: headDim },
      init: { kind: 'constant', value: 1 },
      role: 'scale',
      trainable,
      ...named('k_norm.weight', 'k_norm.weight'),
    }),
    weight('indexer_norm_bias', {
      shape: { key: headDim },
      init: { kind: 'constant', value: 0 },
      role: 'bias',
      trainable,
      ...named('k_norm.bias', 'k_norm.bias'),
    }),
    weight('indexer_weights', {
      shape: { heads, hidden },
      ...matrix,
      ...named('weights_proj.weight', 'proj.weight'),
    }),
  ];
}

/** FLOPs per token of its scores: a product per head dimension, and the weighted sum over heads, for every earlier token. */
export function indexerFlops(indexer: Instance | undefined, context: number): number {
  const sizes = indexerOf(indexer);
  return sizes === null ? 0 : 2 * sizes.heads * (sizes.headDim + 1) * meanVisible(context, null);
}
