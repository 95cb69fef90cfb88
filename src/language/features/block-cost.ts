import { type Count, costsOf, type LayerCost, layerCost, type ModelCosts } from '../../architecture/costs';
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

/** Parameters of a model by its parts. */
export interface ModelSize extends Count {
  /** By the words of the model's own slots. */
  readonly outside: ReadonlyMap<string, number>;
  readonly layers: ReadonlyMap<string, LayerCost>;
}

/** By costs, which are the same object for every analysis in which a model stays as it is. */
const sizes = new WeakMap<ModelCosts, ModelSize>();
const costs = new WeakMap<ResolvedFile, ReadonlyMap<Block, BlockCost>>();

/** The parameters of a model by the parts that can be written. */
export function sizeOf(spec: ModelSpec): ModelSize {
  const counted = costsOf(spec);
  const known = sizes.get(counted);
  if (known) return known;
  const outside = new Map<string, number>();
  const { before, behind } = outsideWeights(spec);
  for (const weight of [...before, ...behind]) {
    outside.set(weight.part, (outside.get(weight.part) ?? 0) + countParameters([weight]));
  }
  const { total, active, layers } = counted;
  const size = { total, active, outside, layers: new Map(layers.map(layer => [layer.name, layer])) };
  sizes.set(counted, size);
  return size;
}

/** The cost of every block of a file that has one. */
export function blockCosts(file: ResolvedFile): ReadonlyMap<Block, BlockCost> {
  const known = costs.get(file);
  if (known) return known;
  const found = new Map(file.models.flatMap(model => [...modelBlockCosts(model)]));
  costs.set(file, found);
  return found;
}

/** The cost of every block of one model: of its own text, not of what it copies. */
export function modelBlockCosts(model: ResolvedModel): ReadonlyMap<Block, BlockCost> {
  const found = new Map<Block, BlockCost>();
  const { spec } = model;
  if (!spec) return found;
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
  return found;
}
