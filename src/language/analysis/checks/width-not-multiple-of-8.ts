import { problem } from '../problem';
import { type Check, exactModels, fixValue, numberOf, placeOf } from './check';

/** A feed-forward width that vector units cannot fill. */
export const widthNotMultipleOf8: Check = file =>
  exactModels(file).flatMap(model =>
    model.layers.flatMap(layer => {
      const ffn = layer.uses > 0 ? layer.resolved.slots.get('ffn') : undefined;
      const width = ffn === undefined ? undefined : numberOf(ffn, 'width');
      if (ffn === undefined || width === undefined || width % 8 === 0) return [];
      const nearest = Math.max(8, Math.round(width / 8) * 8);
      const fixes = fixValue(file, ffn, 'width', String(nearest));
      return [problem('width-not-multiple-of-8', placeOf(file, ffn, 'width'), { width, nearest }, { fixes })];
    }),
  );
