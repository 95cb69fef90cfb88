import { type AnyComponent, activeElementsOf, elementsOf, type Instance, type Weight } from './component';
import {
  ambientOf,
  type ExperimentSpec,
  isParameter,
  type LayerSpec,
  layerWeights,
  type ModelSpec,
  modelWeights,
} from './model';
import { componentOf } from './registry';

/** Parameters of a group of tensors, and how many of them one token uses. */
export interface Count {
  readonly total: number;
  readonly active: number;
}

/** Cost of one kind of layer. */
export interface LayerCost extends Count {
  readonly name: string;
  /** How many layers of the stack are of this kind. */
  readonly layers: number;
  /** By part of the layer: norm, attention, ffn. */
  readonly parts: ReadonlyMap<string, Count>;
}

/** Exact sizes and analytic costs of a model. Sources of every number: the tables of the registry. */
export interface ModelCosts extends Count {
  readonly embedding: number;
  /** The head when it is not tied. */
  readonly head: number;
  /** Total without the embedding and the head. */
  readonly nonEmbedding: number;
  readonly activeNonEmbedding: number;
  /** Elements saved with the model that are not parameters. */
  readonly buffers: number;
  readonly layers: readonly LayerCost[];
  /** Forward FLOPs per token at full context, a multiply-add being 2. */
  readonly forwardFlopsPerToken: number;
  /** Forward and backward. */
  readonly trainingFlopsPerToken: number;
  /** Elements that decoding keeps per token, while no window is full. */
  readonly cacheElementsPerToken: number;
  /** Elements kept at full context, windows respected. */
  readonly cacheElements: number;
}

/** Bytes per element of a key/value cache: 16-bit floats, as inference engines keep it. */
export const cacheElementBytes = 2;
/** Bytes per element of weights, gradients, optimizer state and kept activations: fp32. */
const trainingElementBytes = 4;
/** A backward pass multiplies each weight twice: for the input's gradient and for its own. */
const trainingToForward = 3;

/** Counts a model. */
export function costsOf(model: ModelSpec): ModelCosts {
  const tensors = modelWeights(model);
  const { total, active } = count(tensors);
  const outside = (part: string) => count(tensors.filter(tensor => tensor.part === part)).total;
  const embedding = outside('embedding') + outside('position');
  const head = outside('head');
  const instances = instancesOf(model);
  const stateFlops = sum(
    instances,
    ([component, instance, norm]) => component.stateFlops?.(instance.config, ambientOf(model, norm)) ?? 0,
  );
  const forwardFlopsPerToken = sum(tensors, matmulFlops) + stateFlops;
  const caches = instances.flatMap(
    ([component, instance, norm]) => component.cache?.(instance.config, ambientOf(model, norm)) ?? [],
  );
  return {
    total,
    active,
    embedding,
    head,
    nonEmbedding: total - embedding - head,
    activeNonEmbedding: active - embedding - head,
    buffers: sum(tensors, tensor => (tensor.role === 'buffer' ? elementsOf(tensor) : 0)),
    layers: model.kinds.map(kind => layerCost(model, kind)),
    forwardFlopsPerToken,
    trainingFlopsPerToken: trainingToForward * forwardFlopsPerToken,
    cacheElementsPerToken: sum(caches, cache => cache.perToken),
    cacheElements: sum(
      caches,
      cache => cache.perToken * Math.min(model.context, cache.maxTokens ?? model.context) + cache.constant,
    ),
  };
}

/** Counts one kind of layer. */
export function layerCost(model: ModelSpec, kind: LayerSpec): LayerCost {
  const tensors = layerWeights(model, kind);
  const parts = new Map<string, Count>();
  for (const part of new Set(tensors.map(tensor => tensor.part))) {
    parts.set(part, count(tensors.filter(tensor => tensor.part === part)));
  }
  return { name: kind.name, layers: model.stack.filter(name => name === kind.name).length, parts, ...count(tensors) };
}

/** Bytes that a training run holds at its peak, by what holds them. */
export interface TrainingMemory {
  readonly weightsBytes: number;
  readonly gradientsBytes: number;
  readonly optimizerBytes: number;
  readonly activationsBytes: number;
  readonly totalBytes: number;
}

/** Running averages that AdamW keeps per parameter: of the gradient and of its square. */
const adamStates = 2;

/** Training memory of an experiment, from the tables: an estimate, since buffers in flight are not in any table. */
export function trainingMemory({ model, train }: Pick<ExperimentSpec, 'model' | 'train'>): TrainingMemory {
  const { total } = costsOf(model);
  const tokens = train.batch * model.context;
  const perToken = sum(
    instancesOf(model),
    ([component, instance, norm]) => component.activations?.(instance.config, ambientOf(model, norm)) ?? 0,
  );
  const weightsBytes = total * trainingElementBytes;
  const gradientsBytes = total * trainingElementBytes;
  const optimizerBytes = adamStates * total * trainingElementBytes;
  const activationsBytes = tokens * perToken * trainingElementBytes;
  return {
    weightsBytes,
    gradientsBytes,
    optimizerBytes,
    activationsBytes,
    totalBytes: weightsBytes + gradientsBytes + optimizerBytes + activationsBytes,
  };
}

/** Size of the saved weights: fp32, tied tensors once. */
export const checkpointBytes = (costs: ModelCosts): number => (costs.total + costs.buffers) * trainingElementBytes;

/** FLOPs of a whole run. */
export const runFlops = ({ model, train }: Pick<ExperimentSpec, 'model' | 'train'>): number =>
  costsOf(model).trainingFlopsPerToken * train.steps * train.batch * train.accumulate * model.context;

type Placed = readonly [component: AnyComponent, instance: Instance, norm: Instance];

/** Every component that stands in the model, once per place. */
function instancesOf(model: ModelSpec): readonly Placed[] {
  const place = (instance: Instance, norm: Instance = model.finalNorm): Placed => [
    componentOf(instance),
    instance,
    norm,
  ];
  const kinds = new Map(
    model.kinds.map(kind => [
      kind.name,
      kind.branches.flatMap(branch => [
        ...Array.from({ length: branch.norm.config.place === 'sandwich' ? 2 : 1 }, () =>
          place(branch.norm, branch.norm),
        ),
        place(branch.body, branch.norm),
      ]),
    ]),
  );
  return [
    place(model.embedding),
    place(model.position),
    ...model.stack.flatMap(name => kinds.get(name) ?? []),
    place(model.finalNorm),
    place(model.head),
  ];
}

const matmulFlops = (tensor: Weight): number => (tensor.role === 'matmul' ? 2 * activeElementsOf(tensor) : 0);

const count = (tensors: readonly Weight[]): Count => ({
  total: sum(tensors, tensor => (isParameter(tensor) ? elementsOf(tensor) : 0)),
  active: sum(tensors, tensor => (isParameter(tensor) ? activeElementsOf(tensor) : 0)),
});

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);
