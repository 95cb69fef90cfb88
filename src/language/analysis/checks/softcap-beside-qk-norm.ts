import { problem } from '../problem';
import { type Check, exactModels, fixValue, layersWith, numberOf, placeOf } from './check';

/** A softcap on scores that the norm of queries and keys already bounds. */
export const softcapBesideQkNorm: Check = file =>
  exactModels(file).flatMap(model =>
    layersWith(model, 'attention', 'attention.gqa').flatMap(([, attention]) => {
      const softcap = numberOf(attention, 'softcap');
      if (softcap === undefined || attention.settings.get('qk_norm')?.value === 'none') return [];
      const fixes = fixValue(file, attention, 'softcap', 'none');
      return [problem('softcap-beside-qk-norm', placeOf(file, attention, 'softcap'), { softcap }, { fixes })];
    }),
  );
