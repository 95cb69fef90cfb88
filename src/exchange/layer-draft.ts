import type { BranchKind, Instance } from '../architecture/component';
import type { Branch, LayerSpec } from '../architecture/model';
import { nameLayers } from './name-layers';

/** One layer of a stack, without a name: what an import finds out first. */
export interface LayerDraft {
  readonly norm: Instance;
  /** Position signal of its attention. */
  readonly position: Instance;
  readonly parallel?: boolean;
  readonly branches: readonly { readonly kind: BranchKind; readonly body: Instance }[];
}

/** A stack as the language has it: layers that are the same become one kind with a name. */
export function groupLayers(stack: readonly LayerDraft[]): {
  readonly kinds: readonly LayerSpec[];
  readonly stack: readonly string[];
} {
  const kinds = new Map<string, Omit<LayerSpec, 'name'>>();
  const keys = stack.map(draft => {
    const kind = kindOf(draft);
    const key = JSON.stringify(kind);
    if (!kinds.has(key)) kinds.set(key, kind);
    return key;
  });
  const names = nameLayers([...kinds.values()]);
  const named = new Map(
    [...kinds].map(([key, kind], index) => [key, { name: names[index] ?? 'block', ...kind }] as const),
  );
  return { kinds: [...named.values()], stack: keys.map(key => named.get(key)?.name ?? 'block') };
}

const kindOf = ({ norm, position, parallel = false, branches }: LayerDraft): Omit<LayerSpec, 'name'> => ({
  parallel,
  branches: branches.map(({ kind, body }): Branch => ({ kind, body, norm, position })),
});
