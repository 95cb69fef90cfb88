import { problem } from '../problem';
import { type Check, exactModels, placeOf } from './check';
import { visibleOf } from './visible';

/** Chunks of one size in every layer: no token ever learns of an earlier chunk. */
export const chunksNeverJoined: Check = file =>
  exactModels(file).flatMap(model => {
    const layers = visibleOf(model.spec) ?? [];
    const [chunk] = layers.map(layer => layer.chunk);
    // Chunks of other sizes end elsewhere, and what they see passes the borders.
    if (typeof chunk !== 'number' || layers.some(layer => layer.chunk !== chunk)) return [];
    return [problem('chunks-never-joined', placeOf(file, model.resolved, 'layers'), { chunk })];
  });
