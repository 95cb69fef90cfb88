import type { PlacedWeight } from '../../component';
import { choice, number } from '../../fields';

/** Weight decay as every optimizer has it: how much, and which tensors. `doc` says what it is multiplied with. */
export const weightDecayFields = (options: {
  readonly doc: string;
  readonly default: number;
  readonly max: number;
}) => ({
  weight_decay: number({ ...options, min: 0 }),
  decay: choice({
    doc: 'Which tensors decay.',
    choices: {
      matrices: 'embeddings, projections and filters; norms, biases and other numbers per channel do not',
      no_embeddings: 'projections and filters only (OLMo 2)',
      all: 'every parameter',
    },
    default: 'matrices',
  }),
});

interface Decay {
  readonly weight_decay: number;
  readonly decay: 'matrices' | 'no_embeddings' | 'all';
}

/** The weight decay of one tensor. */
export function weightDecayOf({ weight_decay, decay }: Decay, { role }: Pick<PlacedWeight, 'role'>): number {
  const isMatrix = role === 'matmul' || role === 'filter' || (role === 'lookup' && decay !== 'no_embeddings');
  return isMatrix || decay === 'all' ? weight_decay : 0;
}
