import { ambientOf } from '../../../architecture/model';
import { componentOf } from '../../../architecture/registry';
import { problem } from '../problem';
import { type Check, exactModels, placeOf } from './check';

/** A recurrence that keeps more than full attention would at this context: the saving it is chosen for is not there. */
export const stateLargerThanCache: Check = file =>
  exactModels(file).flatMap(model => {
    const { hidden, context } = model.spec;
    return model.layers.flatMap(layer => {
      const mixer = layer.uses > 0 ? layer.resolved.slots.get('mixer') : undefined;
      const branch = layer.spec.branches.find(({ kind }) => kind === 'mixer');
      if (mixer === undefined || branch === undefined) return [];
      const { config } = branch.body;
      const kept = componentOf(branch.body).cache?.(config, ambientOf(model.spec, branch.norm)).constant ?? 0;
      // A key and a value per token, over all heads.
      const cache = 2 * hidden * context;
      if (kept <= cache) return [];
      const enough = Math.ceil(kept / (2 * hidden));
      return [problem('state-larger-than-cache', placeOf(file, mixer), { kept, cache, context, enough })];
    });
  });
