import { problem } from '../problem';
import { type Check, exactModels, fixValue, numberOf, placeOf } from './check';
import { mixturesOf } from './mixtures';

/** A scaling factor, made for sigmoid routers, on the weights of a softmax router that already add up to 1. */
export const scaleWithoutSigmoid: Check = file =>
  exactModels(file).flatMap(model =>
    mixturesOf(model).flatMap(({ router }) => {
      const scale = numberOf(router, 'scale');
      const isSoftmax = router.id === 'router.softmax' && router.settings.get('renormalize')?.value === true;
      if (!isSoftmax || scale === undefined || scale === 1) return [];
      const fixes = fixValue(file, router, 'scale', '1');
      return [problem('scale-without-sigmoid', placeOf(file, router, 'scale'), { scale }, { fixes })];
    }),
  );
