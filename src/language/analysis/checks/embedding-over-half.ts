import { costsOf } from '../../../architecture/costs';
import { problem } from '../problem';
import { type Check, exactModels, placeOf } from './check';

/** A vocabulary that takes more parameters than the layers. */
export const embeddingOverHalf: Check = file =>
  exactModels(file).flatMap(model => {
    const { embedding, head, total } = costsOf(model.spec);
    const share = (embedding + head) / total;
    if (share <= 0.5) return [];
    const { vocab, tied } = model.spec;
    return [problem('embedding-over-half', placeOf(file, model.resolved, 'vocab'), { share, vocab, tied })];
  });
