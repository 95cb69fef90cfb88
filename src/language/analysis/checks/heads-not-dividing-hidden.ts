import { problem } from '../problem';
import { type Check, exactModels, fixValue, layersWith, numberOf, placeOf } from './check';

/** Heads that do not divide hidden while the size of a head is left to follow from both. */
export const headsNotDividingHidden: Check = file =>
  exactModels(file).flatMap(model =>
    layersWith(model, 'attention', 'attention.gqa').flatMap(([, attention]) => {
      const { hidden } = model.spec;
      const heads = numberOf(attention, 'heads');
      const explicit = attention.settings.get('head_dim')?.origin !== 'default';
      if (heads === undefined || explicit || hidden % heads === 0) return [];
      const nearest = nearestDivisor(hidden, heads);
      const fixes = fixValue(file, attention, 'heads', String(nearest));
      return [
        problem('heads-not-dividing-hidden', placeOf(file, attention, 'heads'), { heads, hidden, nearest }, { fixes }),
      ];
    }),
  );

/** The divisor of `whole` nearest to `wanted`. */
export function nearestDivisor(whole: number, wanted: number): number {
  for (let distance = 0; distance < whole; distance++) {
    for (const candidate of [wanted - distance, wanted + distance]) {
      if (candidate >= 1 && whole % candidate === 0) return candidate;
    }
  }
  return 1;
}
