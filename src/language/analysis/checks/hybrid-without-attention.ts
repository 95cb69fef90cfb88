import { problem } from '../problem';
import { type Check, exactModels, placeOf } from './check';

/** Different kinds of recurrences without any attention: what is mixed there has the same weakness. */
export const hybridWithoutAttention: Check = file =>
  exactModels(file).flatMap(model => {
    const branches = model.spec.kinds.flatMap(kind => kind.branches);
    const mixers = new Set(branches.flatMap(({ kind, body }) => (kind === 'mixer' ? [body.id] : [])));
    if (mixers.size < 2 || branches.some(({ kind }) => kind === 'attention')) return [];
    return [
      problem('hybrid-without-attention', placeOf(file, model.resolved, 'layers'), {
        mixers: [...mixers].map(id => id.slice(id.indexOf('.') + 1)),
      }),
    ];
  });
