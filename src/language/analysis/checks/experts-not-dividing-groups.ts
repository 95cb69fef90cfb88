import { problem } from '../problem';
import { type Check, exactModels, fixValue, numberOf, placeOf } from './check';
import { nearestDivisor } from './heads-not-dividing-hidden';
import { mixturesOf } from './mixtures';

/** Groups that do not divide the experts evenly, or of which a token should keep more than there are. */
export const expertsNotDividingGroups: Check = file =>
  exactModels(file).flatMap(model =>
    mixturesOf(model).flatMap(({ router, experts }) => {
      const groups = numberOf(router, 'groups');
      const topGroups = numberOf(router, 'top_groups');
      if (groups === undefined || topGroups === undefined) return [];
      const found = (name: 'groups' | 'top_groups', nearest: number) =>
        problem(
          'experts-not-dividing-groups',
          placeOf(file, router, name),
          { experts, groups, topGroups },
          { fixes: fixValue(file, router, name, String(nearest)) },
        );
      if (experts % groups !== 0) return [found('groups', nearestDivisor(experts, Math.min(groups, experts)))];
      return topGroups > groups ? [found('top_groups', groups)] : [];
    }),
  );
