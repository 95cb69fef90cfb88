import { problem } from '../problem';
import { type Check, exactModels, fixValue, placeOf } from './check';
import { stretchesOf } from './scalings';

/** Positions stretched less far than the context reaches. */
export const scalingShortOfContext: Check = file =>
  exactModels(file).flatMap(model =>
    stretchesOf(model).flatMap(({ block, title, factor, original }) => {
      const { context } = model.spec;
      if (factor <= 1 || original >= context || factor * original >= context) return [];
      const enough = Math.ceil(context / original);
      const fixes = fixValue(file, block, 'factor', String(enough));
      const params = { title, reach: factor * original, context, enough };
      return [problem('scaling-short-of-context', placeOf(file, block, 'factor'), params, { fixes })];
    }),
  );
