import type { ModelSpec } from '../../../architecture/model';

/** What limits the attention of one kind of layer, in tokens; null where nothing does. */
export interface Visible {
  readonly window: number | null;
  readonly chunk: number | null;
  /** How many layers of the stack are so. */
  readonly layers: number;
}

/** The attention of every kind of layer; undefined where something else mixes tokens too. */
export function visibleOf({ kinds, stack, context }: ModelSpec): readonly Visible[] | undefined {
  if (kinds.some(({ branches }) => branches.some(({ kind }) => kind === 'mixer'))) return undefined;
  const limit = (value: unknown): number | null => (typeof value === 'number' && value < context ? value : null);
  return kinds.flatMap(({ name, branches }) =>
    branches
      .filter(({ kind }) => kind === 'attention')
      .map(({ body: { config } }) => ({
        window: limit(config.window),
        chunk: limit(config.chunk),
        layers: stack.filter(other => other === name).length,
      })),
  );
}
