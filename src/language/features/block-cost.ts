import { type Count, type LayerCost, layerCost } from '../../architecture/costs';
import { countParameters, type ModelSpec, outsideWeights } from '../../architecture/model';
import type { ResolvedFile, ResolvedModel } from '../analysis/resolved';
import type { Block } from '../syntax/tree';

/** What a block of a model costs. */
export interface BlockCost {
  readonly what: 'model' | 'layer' | 'part';
  /** Parameters of one occurrence, and how many of them one token uses. */
  readonly each: Count;
  /** How often it occurs in the stack; 1 outside of the layers. */
  readonly uses: number;
  /** Parameters of all occurrences, as a share of the model. */
  readonly share: number;
  readonly model: ResolvedModel;
  /** By part, for a layer. */
  readonly layer: LayerCost | undefined;
}

/** Parameters of a model by its parts, without walking its whole stack. */
export interface ModelSize extends Count {
  /** By the words of the model's own slots. */
  readonly outside: ReadonlyMap<string, number>;
  readonly layers: ReadonlyMap<string, LayerCost>;
}

const sizes = new WeakMap<ModelSpec, ModelSize>();
const costs = new WeakMap<ResolvedFile, ReadonlyMap<Block, BlockCost>>();

/** Counts a model: every kind of layer once, so that a deep stack costs no more than a shallow one. */
export function sizeOf(spec: ModelSpec): ModelSize {
  const known = sizes.get(spec);
  if (known) return known;
  const outside = new Map<string, number>();
  const { before, behind } = outsideWeights(spec);
  for (const weight of [...before, ...behind]) {
    outside.set(weight.part, (outside.get(weight.part) ?? 0) + countParameters([weight]));
  }
  const layers = new Map(spec.kinds.map(kind => [kind.name, layerCost(spec, kind)]));
  let total = [...outside.values()].reduce((sum, part) => sum + part, 0);
  let active = total;
  for (const layer of layers.values()) {
    total += layer.layers * layer.total;
    active += layer.layers * layer.active;
  }
  const size = { total, active, outside, layers };
  sizes.set(spec, size);
  return size;
}

/** The cost of every block of a file that has one. */
export function blockCosts(file: ResolvedFile): ReadonlyMap<Block, BlockCost> {
  const known = costs.get(file);
  if (known) return known;
  const found = new Map<Block, BlockCost>();
  for (const model of file.models) addModel(model, found);
  costs.set(file, found);
  return found;
}

function addModel(model: ResolvedModel, found: Map<Block, BlockCost>): void {
  const { spec } = model;
  if (!spec) return;
  const size = sizeOf(spec);
  const share = (count: number) => (size.total === 0 ? 0 : count / size.total);
  found.set(model.block, { what: 'model', each: size, uses: 1, share: 1, model, layer: undefined });
  for (const [word, part] of model.resolved.slots) {
    const total = size.outside.get(word);
    if (!part.block || total === undefined) continue;
    found.set(part.block, {
      what: 'part',
      each: { total, active: total },
      uses: 1,
      share: share(total),
      model,
      layer: undefined,
    });
  }
  for (const layer of model.layers) {
    if (!layer.block) continue;
    const cost = size.layers.get(layer.name) ?? { ...layerCost(spec, layer.spec), layers: 0 };
    const uses = cost.layers;
    found.set(layer.block, { what: 'layer', each: cost, uses, share: share(uses * cost.total), model, layer: cost });
    for (const [word, part] of layer.resolved.slots) {
      const each = cost.parts.get(word);
      if (!part.block || !each) continue;
      found.set(part.block, { what: 'part', each, uses, share: share(uses * each.total), model, layer: undefined });
    }
  }
}
