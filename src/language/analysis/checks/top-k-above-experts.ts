import { problem } from '../problem';
import { type Check, exactModels, fixValue, numberOf, placeOf } from './check';
import { mixturesOf } from './mixtures';

/** Tokens that should use more experts than they can reach. */
export const topKAboveExperts: Check = file =>
  exactModels(file).flatMap(model =>
    mixturesOf(model).flatMap(({ block, router, experts, topK }) => {
      const groups = numberOf(router, 'groups') ?? 1;
      const topGroups = numberOf(router, 'top_groups') ?? 1;
      const isGrouped = groups > topGroups && experts % groups === 0;
      const reachable = isGrouped ? (experts / groups) * topGroups : experts;
      if (topK <= reachable) return [];
      const fixes = fixValue(file, block, 'top_k', String(reachable));
      const params = { topK, experts, reachable, groups: isGrouped ? { kept: topGroups, of: groups } : undefined };
      return [problem('top-k-above-experts', placeOf(file, block, 'top_k'), params, { fixes })];
    }),
  );
