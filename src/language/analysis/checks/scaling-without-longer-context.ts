import { problem } from '../problem';
import { type Check, exactModels, placeOf } from './check';
import { stretchesOf } from './scalings';

/** Positions stretched to a context that is no longer than the one they start from. */
export const scalingWithoutLongerContext: Check = file =>
  exactModels(file).flatMap(model =>
    stretchesOf(model).flatMap(({ block, title, factor, original }) => {
      const { context } = model.spec;
      if (factor > 1 && context > original) return [];
      const place = placeOf(file, block, factor > 1 ? 'original' : 'factor');
      return [problem('scaling-without-longer-context', place, { title, factor, original, context })];
    }),
  );
