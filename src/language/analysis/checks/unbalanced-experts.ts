import { problem } from '../problem';
import { type Check, exactModels, numberOf, placeOf } from './check';
import { mixturesOf } from './mixtures';

/** A run whose router is left to itself: the experts that are ahead get more tokens, learn more, and get still more. */
export const unbalancedExperts: Check = file => {
  const trained = new Set(file.trains.flatMap(({ model }) => model ?? []));
  return exactModels(file).flatMap(model =>
    mixturesOf(model).flatMap(({ router, block, experts, topK }) => {
      const balance = (numberOf(router, 'aux_loss') ?? 0) + biasUpdateOf(router);
      if (!trained.has(model) || balance > 0 || topK >= experts) return [];
      const isSigmoid = router.id === 'router.sigmoid';
      const place = placeOf(file, router.block === undefined ? block : router, 'aux_loss');
      return [problem('unbalanced-experts', place, { isSigmoid })];
    }),
  );
};

/** What the correction bias of a router moves per step; 0 without one. */
const biasUpdateOf = (router: Parameters<typeof numberOf>[0]): number => {
  const bias = router.settings.get('correction_bias')?.value;
  return bias === 'buffer' || bias === 'parameter' ? (numberOf(router, 'bias_update') ?? 0) : 0;
};
