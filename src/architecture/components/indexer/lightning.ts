import { defineComponent } from '../../component';
import { integer, number } from '../../fields';

export const lightningIndexer = defineComponent({
  slot: 'indexer',
  word: 'lightning',
  title: 'Lightning indexer',
  doc: 'A small scorer beside the attention chooses the top_k tokens that each token sees, so that the cost of attention stops growing with the context (DeepSeek V3.2).',
  paper: {
    title: 'DeepSeek-V3.2: Pushing the Frontier of Open Large Language Models (DeepSeek-AI, 2025)',
    url: 'https://arxiv.org/abs/2512.02556',
  },
  example: 'attention mla { heads = 8  query_rank = 64  indexer lightning { heads = 4  head_dim = 32  top_k = 128 } }',
  fields: {
    heads: integer({ doc: 'Number of heads of the scorer.', default: 4, min: 1, max: 1024, suggestions: [4, 8, 64] }),
    head_dim: integer({
      doc: 'Size of one of its heads, and of the one key per token that decoding keeps for it.',
      unit: 'dimensions',
      default: 32,
      min: 1,
      max: 4096,
      suggestions: [32, 64, 128],
    }),
    top_k: integer({
      doc: 'Tokens that each token sees, itself among those it may choose.',
      unit: 'tokens',
      default: 2048,
      min: 1,
      suggestions: [64, 128, 2048],
    }),
    loss: number({
      doc: "Weight of the scorer's own loss, its distance (KL) from the attention averaged over the heads; the rest of the model does not feel it. Without it the scorer keeps the weights it starts with.",
      default: 0,
      min: 0,
      suggestions: [1],
    }),
  },
});
