import type { Instance } from '../../../architecture/component';
import type { ResolvedBlock } from '../resolved';
import type { ExactModel } from './check';

/** A scaling of rotary positions that says which context it starts from. */
export interface Stretch {
  readonly block: ResolvedBlock;
  readonly title: 'YaRN' | 'Llama 3 scaling';
  readonly factor: number;
  readonly original: number;
}

/** The scalings that a model uses, each where it is written. */
export function stretchesOf(model: ExactModel): readonly Stretch[] {
  const holders = model.layers
    .filter(({ uses, spec }) => uses > 0 && spec.branches.some(({ kind }) => kind === 'attention'))
    .map(({ resolved }) => resolved.slots.get('position') ?? model.resolved.slots.get('position'));
  return [...new Set(holders)].flatMap(position => {
    const block = position?.slots.get('scaling');
    const instance: Instance | undefined = block?.instance;
    if (!block || (instance?.id !== 'scaling.yarn' && instance?.id !== 'scaling.llama3')) return [];
    const { factor, original } = instance.config;
    if (typeof factor !== 'number' || typeof original !== 'number') return [];
    return [
      {
        block,
        title: instance.id === 'scaling.yarn' ? ('YaRN' as const) : ('Llama 3 scaling' as const),
        factor,
        original,
      },
    ];
  });
}
