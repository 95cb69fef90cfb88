import { layerBlock } from '../../architecture/blocks';
import type { BranchKind, Slot } from '../../architecture/component';
import type { Branch, LayerSpec } from '../../architecture/model';
import { closeBlock, openBlock, openSlots } from './block';
import { headerOf, report } from './context';
import type { LayerNames } from './layer-names';
import { maxCopies } from './names';
import type { OpenBlock } from './open-block';
import type { ResolvedLayer } from './resolved';

/** Resolves the layers of a model whose own settings and slots are known, each after the one it is copied from. */
export function resolveLayers(
  model: OpenBlock,
  layers: LayerNames,
  stack: readonly string[],
): readonly ResolvedLayer[] {
  const uses = new Map<string, number>();
  for (const name of stack) uses.set(name, (uses.get(name) ?? 0) + 1);
  const done = new Map<string, ResolvedLayer>();
  const pending = new Set<string>();
  const resolve = (name: string): void => {
    if (done.has(name) || pending.has(name)) return;
    pending.add(name);
    const from = layers.own(name)?.from?.text;
    if (from !== undefined && layers.has(from) && pending.size <= maxCopies) resolve(from);
    pending.delete(name);
    done.set(name, resolveLayer(model, layers, name, uses.get(name) ?? 0));
  };
  for (const name of layers.names) resolve(name);
  return layers.names.flatMap(name => done.get(name) ?? []);
}

function resolveLayer(model: OpenBlock, layers: LayerNames, name: string, uses: number): ResolvedLayer {
  const block = layers.own(name);
  const written = layers.written(name);
  const layer = openBlock(model.context, {
    word: 'layer',
    definition: layerBlock,
    written,
    parent: model,
    anchor: block?.from,
  });
  openSlots(layer);
  closeBlock(layer);
  const spec: LayerSpec = {
    name,
    parallel: layer.settings.get('parallel')?.value === true,
    branches: branchesOf(layer, model),
  };
  // A layer that copies nothing known may well hold something, once that is known.
  const isWhole = block !== undefined && !block.from && !written.some(({ inherited }) => inherited);
  if (isWhole && spec.branches.length === 0) report(model.context, 'empty-layer', headerOf(block), { name });
  return { name, resolved: layer, block, spec, uses };
}

const branchSlots: readonly Slot[] = ['attention', 'mixer', 'ffn'] satisfies readonly BranchKind[];

function isBranch(slot: Slot | undefined): slot is BranchKind {
  return slot !== undefined && branchSlots.includes(slot);
}

/** The branches of a layer in the order written; what a copied layer adds comes last. */
function branchesOf(layer: OpenBlock, model: OpenBlock): readonly Branch[] {
  const norm = layer.slots.get('norm')?.instance;
  const position = (layer.slots.get('position') ?? model.slots.get('position'))?.instance;
  if (!norm || !position) return [];
  const order = new Set<string>();
  for (const { block } of [...layer.written].reverse()) {
    for (const item of block.body?.items ?? []) if (item.kind === 'block') order.add(item.keyword.text);
  }
  return [...order].flatMap(word => {
    const kind = layer.definition.slots[word]?.slot;
    const body = layer.slots.get(word)?.instance;
    return body && isBranch(kind) ? [{ kind, body, norm, position }] : [];
  });
}
