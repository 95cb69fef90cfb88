import { layerAt, type ModelSpec } from '../../../architecture/model';

/** What limits the attention of one layer of the stack, in tokens; null where nothing does. */
export interface Visible {
  readonly window: number | null;
  readonly chunk: number | null;
}

/** The attention of every layer of a stack, in its order; undefined where something else mixes tokens too. */
export function visibleOf(model: ModelSpec): readonly Visible[] | undefined {
  const branches = model.stack.flatMap((_name, index) => layerAt(model, index).branches);
  if (branches.some(({ kind }) => kind === 'mixer')) return undefined;
  const limit = (value: unknown): number | null => (typeof value === 'number' && value < model.context ? value : null);
  return branches
    .filter(({ kind }) => kind === 'attention')
    .map(({ body }) => ({ window: limit(body.config.window), chunk: limit(body.config.chunk) }));
}
