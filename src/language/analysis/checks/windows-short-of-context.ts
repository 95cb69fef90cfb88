import { problem } from '../problem';
import { type Check, exactModels, placeOf } from './check';
import { visibleOf } from './visible';

/** Windows in every layer that all together do not reach back to the start of the context. */
export const windowsShortOfContext: Check = file =>
  exactModels(file).flatMap(model => {
    const { context } = model.spec;
    const windows = (visibleOf(model.spec) ?? []).map(({ window }) => window);
    if (windows.length === 0 || !windows.every(window => window !== null)) return [];
    // A layer hands on what lies up to a window before a token, the token itself included.
    const reach = windows.reduce((sum, window) => sum + window - 1, 1);
    if (reach >= context) return [];
    const place = placeOf(file, model.resolved, 'layers');
    return [problem('windows-short-of-context', place, { layers: windows.length, reach, context })];
  });
