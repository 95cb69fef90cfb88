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

/**
 * A stack as the language has it: layers that are the same become one kind with a name. `ahead` are the layers of prediction
 * modules, which are kinds of the stack or kinds of their own.
 */
export function groupLayers(
  stack: readonly LayerDraft[],
  ahead: readonly LayerDraft[] = [],
): {
  readonly kinds: readonly LayerSpec[];
  readonly stack: readonly string[];
  readonly ahead: readonly LayerSpec[];
} {
  const kinds = new Map<string, Omit<LayerSpec, 'name'>>();
  const keyOf = keysOfDrafts();
  const keys = stack.map(draft => {
    const key = keyOf(draft);
    if (!kinds.has(key)) kinds.set(key, kindOf(draft));
    return key;
  });
  const names = nameLayers([...kinds.values()]);
  const named = new Map(
    [...kinds].map(([key, kind], index) => [key, { name: names[index] ?? 'block', ...kind }] as const),
  );
  const others = new Map<string, LayerSpec>();
  let fresh = 0;
  const modules = ahead.map((draft): LayerSpec => {
    const key = keyOf(draft);
    const known = named.get(key) ?? others.get(key);
    if (known !== undefined) return known;
    fresh++;
    const made = { name: fresh === 1 ? 'ahead' : `ahead_${fresh}`, ...kindOf(draft) };
    others.set(key, made);
    return made;
  });
  return { kinds: [...named.values()], stack: keys.map(key => named.get(key)?.name ?? 'block'), ahead: modules };
}

const kindOf = ({ norm, position, parallel = false, branches }: LayerDraft): Omit<LayerSpec, 'name'> => ({
  parallel,
  branches: branches.map(({ kind, body }): Branch => ({ kind, body, norm, position })),
});

/** A text that is the same for layers that are the same. Most share their parts, which are written out once. */
function keysOfDrafts(): (draft: LayerDraft) => string {
  const texts = new Map<string, number>();
  const numbers = new Map<Instance, number>();
  const numberOf = (part: Instance): number => {
    const known = numbers.get(part);
    if (known !== undefined) return known;
    const text = JSON.stringify(part);
    const number = texts.get(text) ?? texts.size;
    texts.set(text, number);
    numbers.set(part, number);
    return number;
  };
  const keys = new Map<LayerDraft, string>();
  return draft => {
    const { norm, position, parallel = false, branches } = draft;
    const bodies = () => branches.flatMap(({ kind, body }) => [kind, numberOf(body)]);
    const key = keys.get(draft) ?? [parallel, numberOf(norm), numberOf(position), ...bodies()].join();
    keys.set(draft, key);
    return key;
  };
}
