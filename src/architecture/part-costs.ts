import type { Ambient, BranchKind, CacheUse, Instance, Weight } from './component';
import { activeElements, type Count, cacheElementBytes, elements, matmulFlops } from './costs';
import { ambientOf, type LayerSpec, layerWeights, type ModelSpec, outsideWeights } from './model';
import { componentOf } from './registry';

/** What one occurrence of a part of a model costs. */
export interface PartCost extends Count {
  /** The word of its slot: embedding, attention, ffn, norm, final_norm, head. */
  readonly part: string;
  readonly tensors: readonly Weight[];
  /** Forward, at full context. */
  readonly flopsPerToken: number;
  /** What it keeps between tokens. */
  readonly cache: CacheUse | undefined;
}

/** A residual branch and the norms around it. */
export interface BranchCost {
  readonly kind: BranchKind;
  readonly body: PartCost;
  readonly before: PartCost | undefined;
  readonly after: PartCost | undefined;
}

export interface LayerParts {
  readonly name: string;
  /** How often the stack has it. */
  readonly uses: number;
  readonly branches: readonly BranchCost[];
}

/** A whole model by its parts: their sums are those of `costsOf`. */
export interface ModelParts {
  readonly before: readonly PartCost[];
  readonly layers: readonly LayerParts[];
  readonly behind: readonly PartCost[];
}

/** Takes a model apart. */
export function partCosts(model: ModelSpec): ModelParts {
  const { before, behind } = outsideWeights(model);
  const instances: Readonly<Record<string, Instance>> = {
    embedding: model.embedding,
    position: model.position,
    final_norm: model.finalNorm,
    head: model.head,
  };
  const outside = (tensors: readonly (Weight & { readonly part: string })[]): PartCost[] =>
    [...new Set(tensors.map(({ part }) => part))].map(part =>
      costOf(
        part,
        tensors.filter(tensor => tensor.part === part),
        instances[part],
        ambientOf(model),
      ),
    );
  return {
    before: outside(before),
    layers: model.kinds.map(kind => partsOfLayer(model, kind)),
    behind: outside(behind),
  };
}

function partsOfLayer(model: ModelSpec, kind: LayerSpec): LayerParts {
  const tensors = layerWeights(model, kind);
  const under = (prefix: string) => tensors.filter(({ path }) => path.startsWith(`${prefix}.`));
  const branches = kind.branches.map((branch): BranchCost => {
    const ambient = ambientOf(model, branch.norm);
    const norm = (when: 'before' | 'after') => {
      const own = under(`${branch.kind}_norm_${when}`);
      return own.length === 0 ? undefined : costOf('norm', own, branch.norm, ambient);
    };
    const body = costOf(branch.kind, under(branch.kind), branch.body, ambient);
    return { kind: branch.kind, body, before: norm('before'), after: norm('after') };
  });
  return { name: kind.name, uses: model.stack.filter(name => name === kind.name).length, branches };
}

function costOf(part: string, tensors: readonly Weight[], instance: Instance | undefined, ambient: Ambient): PartCost {
  const component = instance && componentOf(instance);
  const sum = (value: (tensor: Weight) => number) => tensors.reduce((total, tensor) => total + value(tensor), 0);
  return {
    part,
    tensors,
    total: sum(elements),
    active: sum(activeElements),
    flopsPerToken: sum(matmulFlops) + (instance ? (component?.stateFlops?.(instance.config, ambient) ?? 0) : 0),
    cache: instance && component?.cache?.(instance.config, ambient),
  };
}

/** Bytes that one occurrence keeps after `tokens` tokens. */
export const cacheBytesAt = ({ perToken, maxTokens, constant }: CacheUse, tokens: number): number =>
  (perToken * Math.min(tokens, maxTokens ?? tokens) + constant) * cacheElementBytes;

/** How a cache grows: with every token, by a latent vector per token, up to a window, or not at all. */
export type CacheGrowth = 'full' | 'latent' | 'window' | 'constant';

export const cacheGrowth = ({ perToken, maxTokens, isLatent }: CacheUse): CacheGrowth =>
  perToken === 0 ? 'constant' : maxTokens !== null ? 'window' : isLatent ? 'latent' : 'full';
