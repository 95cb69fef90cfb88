import type { AnyComponent, CacheUse, Slot } from '../../architecture/component';
import { elementsOf } from '../../architecture/component';
import { activeElements, type Count, costsOf, elements, type ModelCosts } from '../../architecture/costs';
import { type Fold, foldStack } from '../../architecture/fold-stack';
import { type ModelSpec, mtpWeights } from '../../architecture/model';
import { type CacheGrowth, cacheBytesAt, cacheGrowth, type PartCost, partCosts } from '../../architecture/part-costs';
import type { Span } from '../../base/text';
import type { ResolvedBlock, ResolvedLayer, ResolvedModel } from '../analysis/resolved';
import type { Document } from '../syntax/tree';
import { readValue } from './wording';

/** What an architecture is drawn from: every part of a model with what it costs and where it is written. */
export interface ArchitectureView {
  readonly name: string;
  /** Something written is broken: the numbers are near, not exact. */
  readonly approximate: boolean;
  readonly origin: Origin | undefined;
  readonly context: number;
  readonly hidden: number;
  readonly layerCount: number;
  readonly settings: readonly SettingView[];
  readonly costs: ModelCosts;
  /** In the order in which a token passes: embedding first. */
  readonly before: readonly PartView[];
  readonly stack: readonly Fold[];
  readonly layers: readonly LayerView[];
  readonly behind: readonly PartView[];
  /** The multi-token prediction modules; on top of the costs. */
  readonly modules: readonly ModuleView[];
  readonly cache: CacheView;
}

/** Where something is written. */
export interface Origin extends Span {
  readonly document: Document;
}

export interface SettingView {
  readonly name: string;
  readonly value: string;
  /** Written here or in what it is copied from, rather than left to its default. */
  readonly written: boolean;
}

export interface LayerView extends Count {
  readonly name: string;
  readonly uses: number;
  readonly parallel: boolean;
  readonly origin: Origin | undefined;
  readonly branches: readonly BranchView[];
}

/** A prediction module: the layer in it, and the cost of all of it. */
export interface ModuleView extends Count {
  readonly layer: string;
  readonly origin: Origin | undefined;
}

export interface BranchView {
  readonly body: PartView;
  readonly before: PartView | undefined;
  readonly after: PartView | undefined;
}

/** A component where it stands, with the cost of one occurrence. */
export interface PartView extends Count {
  /** The word of its slot where it stands: attention, final_norm. */
  readonly word: string;
  readonly slot: Slot | 'other';
  readonly title: string;
  /** As the language calls it: `gqa`. */
  readonly variant: string;
  readonly origin: Origin | undefined;
  readonly settings: readonly SettingView[];
  /** Somebody wrote it, rather than leaving it to its default. */
  readonly written: boolean;
  readonly tensors: readonly TensorView[];
  readonly flopsPerToken: number;
  readonly cache: CacheUse | undefined;
  readonly growth: CacheGrowth | undefined;
  /** Components inside of it, and the position signal that it uses. */
  readonly inside: readonly InsideView[];
}

export type InsideView = Pick<PartView, 'word' | 'slot' | 'title' | 'variant' | 'origin' | 'settings' | 'written'>;

export interface TensorView extends Count {
  readonly name: string;
  /** `query 1,024 × hidden 1,152`. */
  readonly shape: string;
  /** Elements, whether they are counted or not. */
  readonly elements: number;
}

/** What decoding keeps against the length of the text, by kind of layer. */
export interface CacheView {
  readonly tokens: readonly number[];
  readonly kinds: readonly {
    readonly name: string;
    readonly growth: CacheGrowth;
    /** Of all layers of this kind together. */
    readonly bytes: readonly number[];
  }[];
}

/** Shows a model; undefined while its sizes are not known. */
export function architectureView(model: ResolvedModel): ArchitectureView | undefined {
  const { spec, resolved } = model;
  if (!spec) return undefined;
  const parts = partCosts(spec);
  const layers = parts.layers.flatMap(({ name, uses, branches }) => {
    const layer = model.layers.find(candidate => candidate.name === name);
    return layer ? [layerView(layer, uses, branches, resolved)] : [];
  });
  const outside = (cost: PartCost) => partView(cost, resolved.slots.get(cost.part), resolved, []);
  return {
    name: model.name,
    approximate: model.approximate,
    origin: originOf(resolved),
    context: spec.context,
    hidden: spec.hidden,
    layerCount: spec.stack.length,
    settings: settingViews(resolved),
    costs: costsOf(spec),
    before: parts.before.map(outside),
    stack: foldStack(spec.stack),
    layers,
    behind: parts.behind.map(outside),
    modules: moduleViews(model, spec),
    cache: cacheView(spec, layers),
  };
}

function moduleViews({ layers }: ResolvedModel, spec: ModelSpec): readonly ModuleView[] {
  const tensors = mtpWeights(spec);
  return (spec.mtp ?? []).map(({ name }, index) => {
    const own = tensors.filter(({ path }) => path.startsWith(`mtp.${index}.`));
    const layer = layers.find(candidate => candidate.name === name);
    return {
      layer: name,
      origin: layer && originOf(layer.resolved),
      total: own.reduce((sum, tensor) => sum + elements(tensor), 0),
      active: own.reduce((sum, tensor) => sum + activeElements(tensor), 0),
    };
  });
}

type BranchCosts = ReturnType<typeof partCosts>['layers'][number]['branches'];

function layerView(layer: ResolvedLayer, uses: number, costs: BranchCosts, model: ResolvedBlock): LayerView {
  const { slots } = layer.resolved;
  const norm = slots.get('norm');
  const branches = costs.map(({ kind, body, before, after }): BranchView => {
    const normView = (cost: PartCost | undefined) => cost && partView(cost, norm, layer.resolved, []);
    const signal = kind === 'attention' ? (slots.get('position') ?? model.slots.get('position')) : undefined;
    return {
      body: partView(body, slots.get(kind), layer.resolved, signal ? [signal] : []),
      before: normView(before),
      after: normView(after),
    };
  });
  const all = branches.flatMap(({ body, before, after }) => [body, before, after]);
  const sum = (value: (part: PartView) => number) => all.reduce((total, part) => total + (part ? value(part) : 0), 0);
  return {
    name: layer.name,
    uses,
    parallel: layer.spec.parallel,
    origin: originOf(layer.resolved),
    total: sum(part => part.total),
    active: sum(part => part.active),
    branches,
  };
}

function partView(
  cost: PartCost,
  resolved: ResolvedBlock | undefined,
  around: ResolvedBlock,
  beside: readonly ResolvedBlock[],
): PartView {
  return {
    ...blockView(cost.part, resolved, around),
    total: cost.total,
    active: cost.active,
    flopsPerToken: cost.flopsPerToken,
    cache: cost.cache,
    growth: cost.cache && cacheGrowth(cost.cache),
    tensors: cost.tensors.map(tensor => ({
      name: tensor.name,
      shape: Object.entries(tensor.shape)
        .map(([dimension, size]) => `${dimension} ${readValue(size, { kind: 'integer' })}`)
        .join(' × '),
      elements: elementsOf(tensor),
      total: elements(tensor),
      active: activeElements(tensor),
    })),
    inside: [...(resolved ? nested(resolved) : []), ...beside.flatMap(block => [block, ...nested(block)])].map(block =>
      blockView(block.word, block, resolved ?? around),
    ),
  };
}

const nested = (block: ResolvedBlock): readonly ResolvedBlock[] =>
  [...block.slots.values()].flatMap(inner => [inner, ...nested(inner)]);

function blockView(word: string, resolved: ResolvedBlock | undefined, around: ResolvedBlock): InsideView {
  const component: AnyComponent | undefined = resolved?.component;
  return {
    word,
    slot: component?.slot ?? 'other',
    title: component?.title ?? `${word.charAt(0).toUpperCase()}${word.slice(1).replaceAll('_', ' ')}`,
    variant: component?.word ?? '',
    origin: (resolved && originOf(resolved)) ?? originOf(around),
    settings: resolved ? settingViews(resolved) : [],
    written: resolved !== undefined && resolved.written.length > 0,
  };
}

function originOf({ written }: ResolvedBlock): Origin | undefined {
  const [nearest] = written;
  return nearest && { document: nearest.document, start: nearest.block.start, end: nearest.block.end };
}

function settingViews({ settings }: ResolvedBlock): readonly SettingView[] {
  return [...settings.values()].flatMap(({ name, value, field, origin }) =>
    value === undefined ? [] : [{ name, value: readValue(value, field), written: origin !== 'default' }],
  );
}

/** Four lengths to an octave: enough that a window's knee is seen where it is. */
const stepsPerOctave = 4;
const shortest = 64;

function cacheView(spec: ModelSpec, layers: readonly LayerView[]): CacheView {
  const uses = layers.flatMap(({ name, uses, branches }) => {
    const caches = branches.flatMap(({ body }) => body.cache ?? []);
    return caches.length === 0 ? [] : [{ name, uses, caches }];
  });
  const windows = uses.flatMap(({ caches }) => caches.flatMap(({ maxTokens }) => maxTokens ?? []));
  const longest = Math.max(spec.context, shortest * 2);
  const first = Math.max(1, Math.min(shortest, ...windows.map(window => window / 4), longest / 16));
  const tokens = new Set([spec.context, ...windows.filter(window => window < longest)]);
  for (let step = 0; ; step++) {
    const length = Math.round(first * 2 ** (step / stepsPerOctave));
    if (length >= longest) break;
    tokens.add(length);
  }
  const sorted = [...tokens.add(longest)].sort((a, b) => a - b);
  const order: readonly CacheGrowth[] = ['constant', 'window', 'latent', 'full'];
  return {
    tokens: sorted,
    kinds: uses.map(({ name, uses: times, caches }) => ({
      name,
      growth: order[Math.max(...caches.map(cache => order.indexOf(cacheGrowth(cache))))] ?? 'full',
      bytes: sorted.map(length => times * caches.reduce((sum, cache) => sum + cacheBytesAt(cache, length), 0)),
    })),
  };
}
