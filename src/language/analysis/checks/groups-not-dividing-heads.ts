import { problem } from '../problem';
import { type Check, exactModels, fixValue, layersWith, numberOf, placeOf } from './check';
import { nearestDivisor } from './heads-not-dividing-hidden';

/** Groups of a Mamba-2 mixer that do not divide its heads evenly, or groups of its norm that do not divide its channels. */
export const groupsNotDividingHeads: Check = file =>
  exactModels(file).flatMap(model =>
    layersWith(model, 'mixer', 'mixer.mamba2').flatMap(([, mixer]) => {
      const [heads, headDim] = [numberOf(mixer, 'heads'), numberOf(mixer, 'head_dim')];
      if (heads === undefined || headDim === undefined) return [];
      return (['groups', 'norm_groups'] as const).flatMap(name => {
        const groups = numberOf(mixer, name);
        const size = name === 'groups' ? heads : heads * headDim;
        // Groups of the norm that follow those of the heads are wrong because of them.
        const follows = name === 'norm_groups' && groups === numberOf(mixer, 'groups') && heads % (groups ?? 1) !== 0;
        if (groups === undefined || size % groups === 0 || follows) return [];
        return [
          problem(
            'groups-not-dividing-heads',
            placeOf(file, mixer, name),
            { name, groups, size },
            { fixes: fixValue(file, mixer, name, String(nearestDivisor(size, Math.min(groups, size)))) },
          ),
        ];
      });
    }),
  );
