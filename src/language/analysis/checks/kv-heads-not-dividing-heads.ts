import { problem } from '../problem';
import { type Check, exactModels, fixValue, layersWith, numberOf, placeOf } from './check';
import { nearestDivisor } from './heads-not-dividing-hidden';

/** Query heads that cannot share the key/value heads evenly. */
export const kvHeadsNotDividingHeads: Check = file =>
  exactModels(file).flatMap(model =>
    layersWith(model, 'attention', 'attention.gqa').flatMap(([, attention]) => {
      const heads = numberOf(attention, 'heads');
      const kvHeads = numberOf(attention, 'kv_heads');
      if (heads === undefined || kvHeads === undefined || heads % kvHeads === 0) return [];
      const fixes = fixValue(file, attention, 'kv_heads', String(nearestDivisor(heads, Math.min(kvHeads, heads))));
      return [
        problem('kv-heads-not-dividing-heads', placeOf(file, attention, 'kv_heads'), { heads, kvHeads }, { fixes }),
      ];
    }),
  );
