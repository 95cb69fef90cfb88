import { problem } from '../problem';
import { type Check, exactModels, fixValue, layersWith, numberOf, placeOf } from './check';

/** A chunk that holds the whole context. */
export const chunkWithoutEffect: Check = file =>
  exactModels(file).flatMap(model =>
    layersWith(model, 'attention', 'attention.gqa').flatMap(([, attention]) => {
      const chunk = numberOf(attention, 'chunk');
      const { context } = model.spec;
      if (chunk === undefined || chunk < context) return [];
      const fixes = fixValue(file, attention, 'chunk', 'none');
      return [problem('chunk-without-effect', placeOf(file, attention, 'chunk'), { chunk, context }, { fixes })];
    }),
  );
