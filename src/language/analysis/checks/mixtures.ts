import type { ResolvedBlock, ResolvedLayer, ResolvedModel } from '../resolved';
import { layersWith, numberOf } from './check';

/** A mixture of experts of a model, with what checks ask about it. */
export interface Mixture {
  readonly layer: ResolvedLayer;
  readonly block: ResolvedBlock;
  readonly router: ResolvedBlock;
  readonly experts: number;
  readonly topK: number;
}

/** The mixtures in the layers that a model uses. */
export const mixturesOf = (model: ResolvedModel): readonly Mixture[] =>
  layersWith(model, 'ffn', 'ffn.moe').flatMap(([layer, block]) => {
    const router = block.slots.get('router');
    const experts = numberOf(block, 'experts');
    const topK = numberOf(block, 'top_k');
    return router === undefined || experts === undefined || topK === undefined
      ? []
      : [{ layer, block, router, experts, topK }];
  });
