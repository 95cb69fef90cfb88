import { problem } from '../problem';
import { type Check, exactModels, layersWith, numberOf, placeOf } from './check';

/** An indexer that may choose all tokens there are. */
export const indexerWithoutEffect: Check = file =>
  exactModels(file).flatMap(model =>
    layersWith(model, 'attention', 'attention.mla').flatMap(([, attention]) => {
      const indexer = attention.slots.get('indexer');
      const topK = indexer === undefined ? undefined : numberOf(indexer, 'top_k');
      const { context } = model.spec;
      if (indexer === undefined || topK === undefined || topK < context) return [];
      return [problem('indexer-without-effect', placeOf(file, indexer, 'top_k'), { topK, context })];
    }),
  );
