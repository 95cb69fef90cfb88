import { cacheElementBytes } from '../../../architecture/costs';
import { problem } from '../problem';
import { type Check, exactModels, fixValue, layersWith, numberOf, placeOf } from './check';

/** Below this, the cache that shared heads save does not matter to anybody who can train the model. */
const negligibleBytes = 32 * 1024 ** 2;

/** Grouped-query attention in a model whose key/value cache is small anyway. */
export const negligibleCacheSaving: Check = file =>
  exactModels(file).flatMap(model => {
    const { context } = model.spec;
    const grouped = layersWith(model, 'attention', 'attention.gqa').flatMap(([layer, attention]) => {
      const heads = numberOf(attention, 'heads') ?? 0;
      const kvHeads = numberOf(attention, 'kv_heads') ?? heads;
      if (kvHeads >= heads) return [];
      const tokens = Math.min(context, numberOf(attention, 'window') ?? context);
      const perLayer = 2 * (heads - kvHeads) * (numberOf(attention, 'head_dim') ?? 0) * tokens * cacheElementBytes;
      return [{ attention, heads, kvHeads, savedBytes: layer.uses * perLayer }];
    });
    const savedBytes = grouped.reduce((sum, layer) => sum + layer.savedBytes, 0);
    if (savedBytes >= negligibleBytes) return [];
    return grouped.map(({ attention, heads, kvHeads }) =>
      problem(
        'negligible-cache-saving',
        placeOf(file, attention, 'kv_heads'),
        { heads, kvHeads, savedBytes, context },
        { fixes: fixValue(file, attention, 'kv_heads', String(heads)) },
      ),
    );
  });
