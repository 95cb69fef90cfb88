import { problem } from '../problem';
import { type Check, exactModels, placeOf } from './check';
import { visibleOf } from './visible';

/** Windows in every layer that all together do not reach back to the start of the context. */
export const windowsShortOfContext: Check = file =>
  exactModels(file).flatMap(model => {
    const { context } = model.spec;
    const kinds = visibleOf(model.spec) ?? [];
    // A layer hands on what lies up to a window before a token, the token itself included.
    const reach = kinds.reduce((sum, { window, layers }) => sum + ((window ?? context) - 1) * layers, 1);
    if (kinds.length === 0 || kinds.some(({ window }) => window === null) || reach >= context) return [];
    const count = kinds.reduce((sum, { layers }) => sum + layers, 0);
    const place = placeOf(file, model.resolved, 'layers');
    return [problem('windows-short-of-context', place, { layers: count, reach, context })];
  });
