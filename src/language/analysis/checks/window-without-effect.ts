import { problem } from '../problem';
import { type Check, exactModels, fixValue, layersWith, numberOf, placeOf } from './check';

/** A sliding window that is not smaller than the context. */
export const windowWithoutEffect: Check = file =>
  exactModels(file).flatMap(model =>
    layersWith(model, 'attention', 'attention.gqa').flatMap(([, attention]) => {
      const window = numberOf(attention, 'window');
      const { context } = model.spec;
      if (window === undefined || window < context) return [];
      const fixes = fixValue(file, attention, 'window', 'none');
      return [problem('window-without-effect', placeOf(file, attention, 'window'), { window, context }, { fixes })];
    }),
  );
