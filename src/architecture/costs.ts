import {
  type Ambient,
  type AnyComponent,
  activeElementsOf,
  elementsOf,
  type Instance,
  isTrained,
  type PlacedWeight,
  type Weight,
} from './component';
import {
  ambientOf,
  type ExperimentSpec,
  isParameter,
  type LayerSpec,
  layerWeights,
  type ModelSpec,
  mtpWeights,
  outsideWeights,
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
  /** Parameters of the multi-token prediction modules, which serve training; on top of the total. */
  readonly mtp: number;
  /** All elements saved with the model: parameters, those of prediction modules, buffers. */
  readonly savedElements: number;
  /** Forward FLOPs per token at full context, a multiply-add being 2. */
  readonly forwardFlopsPerToken: number;
  /** Forward and backward, prediction modules included. */
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

const known = new WeakMap<ModelSpec, ModelCosts>();

/** Counts a model, once: a spec never changes. */
export function costsOf(model: ModelSpec): ModelCosts {
  const costs = known.get(model) ?? countModel(model);
  known.set(model, costs);
  return costs;
}

/** The parameters of a model and nothing else, for whoever tries many sizes. Not kept. */
export function parametersOf(model: ModelSpec): number {
  const { before, behind } = outsideWeights(model);
  const times = new Map<string, number>();
  for (const name of model.stack) times.set(name, (times.get(name) ?? 0) + 1);
  const layers = sum(model.kinds, kind => (times.get(kind.name) ?? 0) * sum(layerWeights(model, kind), elements));
  return sum(before, elements) + layers + sum(behind, elements);
}

/** Counts every kind of layer once and multiplies, so that a deep stack takes no longer than a shallow one. */
function countModel(model: ModelSpec): ModelCosts {
  const { before, behind } = outsideWeights(model);
  const outside = [...before, ...behind];
  const kinds = model.kinds.map(kind => {
    const tensors = layerWeights(model, kind);
    return { tensors, cost: countLayer(model, kind, tensors) };
  });
  const whole = (value: (tensor: Weight) => number): number =>
    sum(outside, value) + sum(kinds, ({ cost, tensors }) => cost.layers * sum(tensors, value));
  const total = whole(elements);
  const active = whole(activeElements);
  const embedding = sum(before, elements);
  const head = sum(
    behind.filter(tensor => tensor.part === 'head'),
    elements,
  );
  const instances = instancesOf(model);
  const stateFlops = sum(
    instances,
    ({ component, instance, ambient, times }) => times * (component.stateFlops?.(instance.config, ambient) ?? 0),
  );
  const forwardFlopsPerToken = whole(matmulFlops) + stateFlops;
  const modules = mtpWeights(model);
  const mtp = sum(modules, elements);
  const buffers = whole(bufferElements);
  const caches = instances.flatMap(({ component, instance, ambient, times }) => {
    const cache = component.cache?.(instance.config, ambient);
    return cache ? [{ ...cache, times }] : [];
  });
  return {
    total,
    active,
    embedding,
    head,
    nonEmbedding: total - embedding - head,
    activeNonEmbedding: active - embedding - head,
    buffers,
    layers: kinds.map(({ cost }) => cost),
    mtp,
    savedElements: total + buffers + mtp + sum(modules, bufferElements),
    forwardFlopsPerToken,
    trainingFlopsPerToken: trainingToForward * (forwardFlopsPerToken + mtpFlops(model, modules)),
    cacheElementsPerToken: sum(caches, ({ perToken, times }) => times * perToken),
    cacheElements: sum(caches, ({ perToken, maxTokens, constant, times }) => {
      return times * (perToken * Math.min(model.context, maxTokens ?? model.context) + constant);
    }),
  };
}

/** Forward FLOPs per token of the prediction modules, each of which uses the head once more. */
function mtpFlops(model: ModelSpec, modules: readonly Weight[]): number {
  const head = componentOf(model.head).weights(model.head.config, ambientOf(model));
  const state = sum(mtpInstances(model), ({ component, instance, ambient, times }) => {
    return times * (component.stateFlops?.(instance.config, ambient) ?? 0);
  });
  return sum(modules, matmulFlops) + (model.mtp?.length ?? 0) * sum(head, matmulFlops) + state;
}

/** Counts one kind of layer. */
export const layerCost = (model: ModelSpec, kind: LayerSpec): LayerCost =>
  countLayer(model, kind, layerWeights(model, kind));

function countLayer(model: ModelSpec, kind: LayerSpec, tensors: ReturnType<typeof layerWeights>): LayerCost {
  const parts = new Map<string, { total: number; active: number }>();
  const all = { total: 0, active: 0 };
  for (const tensor of tensors) {
    const part = parts.get(tensor.part) ?? { total: 0, active: 0 };
    parts.set(tensor.part, part);
    for (const count of [part, all]) {
      count.total += elements(tensor);
      count.active += activeElements(tensor);
    }
  }
  return { name: kind.name, layers: model.stack.filter(name => name === kind.name).length, parts, ...all };
}

/** Bytes that a training run holds at its peak, by what holds them. */
export interface TrainingMemory {
  readonly weightsBytes: number;
  readonly gradientsBytes: number;
  readonly optimizerBytes: number;
  /** The average of the weights, where a run keeps one. */
  readonly emaBytes: number;
  readonly activationsBytes: number;
  readonly totalBytes: number;
}

/** Training memory of an experiment, from the tables: an estimate, since buffers in flight are not in any table. */
export function trainingMemory({ model, train }: Pick<ExperimentSpec, 'model' | 'train'>): TrainingMemory {
  const { total: used, mtp } = costsOf(model);
  const total = used + mtp;
  const tokens = train.batch * model.context;
  const optimizer = componentOf(train.optimizer);
  const perToken = sum(
    [...instancesOf(model), ...mtpInstances(model)],
    ({ component, instance, ambient, times }) => times * (component.activations?.(instance.config, ambient) ?? 0),
  );
  const weightsBytes = total * trainingElementBytes;
  const gradientsBytes = total * trainingElementBytes;
  const optimizerBytes = sum(placedWeights(model), ({ tensor, times }) => {
    const averages = isTrained(tensor) ? (optimizer.averages?.(train.optimizer.config, tensor) ?? []) : [];
    return times * averages.length * elementsOf(tensor) * trainingElementBytes;
  });
  const emaBytes = (train.ema ?? null) === null ? 0 : weightsBytes;
  const activationsBytes = tokens * perToken * trainingElementBytes;
  return {
    weightsBytes,
    gradientsBytes,
    optimizerBytes,
    emaBytes,
    activationsBytes,
    totalBytes: weightsBytes + gradientsBytes + optimizerBytes + emaBytes + activationsBytes,
  };
}

/** Every tensor of a model with what it belongs to, those of equal layers once with their number. */
function placedWeights(model: ModelSpec): readonly { readonly tensor: PlacedWeight; readonly times: number }[] {
  const { before, behind } = outsideWeights(model);
  const once = [...before, ...behind, ...mtpWeights(model)].map(tensor => ({ tensor, times: 1 }));
  const layers = model.kinds.flatMap(kind => {
    const times = model.stack.filter(name => name === kind.name).length;
    return layerWeights(model, kind).map(tensor => ({ tensor, times }));
  });
  return [...once, ...layers];
}

/** Size of the saved weights: fp32, tied tensors once. */
export const checkpointBytes = (costs: ModelCosts): number => costs.savedElements * trainingElementBytes;

/** FLOPs of a whole run. */
export const runFlops = ({ model, train }: Pick<ExperimentSpec, 'model' | 'train'>): number =>
  costsOf(model).trainingFlopsPerToken * train.steps * train.batch * train.accumulate * model.context;

/** A component that stands in a model, and how often. */
interface Placed {
  readonly component: AnyComponent;
  readonly instance: Instance;
  readonly ambient: Ambient;
  readonly times: number;
}

function instancesOf(model: ModelSpec): readonly Placed[] {
  const layers = model.kinds.flatMap(kind =>
    layerInstances(model, kind, model.stack.filter(name => name === kind.name).length),
  );
  const place = (instance: Instance): Placed => placed(model, instance, 1, model.finalNorm);
  return [place(model.embedding), place(model.position), ...layers, place(model.finalNorm), place(model.head)];
}

/** What stands in the prediction modules: three norms, a layer and the head each. */
function mtpInstances(model: ModelSpec): readonly Placed[] {
  return (model.mtp ?? []).flatMap(layer => [
    placed(model, model.finalNorm, 3, model.finalNorm),
    ...layerInstances(model, layer, 1),
    placed(model, model.head, 1, model.finalNorm),
  ]);
}

function layerInstances(model: ModelSpec, layer: LayerSpec, times: number): readonly Placed[] {
  return layer.branches.flatMap(({ body, norm }) => {
    const norms = norm.config.place === 'sandwich' ? 2 : 1;
    return [placed(model, norm, norms * times, norm), placed(model, body, times, norm)];
  });
}

const placed = (model: ModelSpec, instance: Instance, times: number, norm: Instance): Placed => ({
  component: componentOf(instance),
  instance,
  ambient: ambientOf(model, norm),
  times,
});

const bufferElements = (tensor: Weight): number => (tensor.role === 'buffer' ? elementsOf(tensor) : 0);
/** Elements of a tensor that count as parameters. */
export const elements = (tensor: Weight): number => (isParameter(tensor) ? elementsOf(tensor) : 0);
/** How many of them one token uses. */
export const activeElements = (tensor: Weight): number => (isParameter(tensor) ? activeElementsOf(tensor) : 0);

/** Products of every token with the elements of a tensor. */
export const matmulFlops = (tensor: Weight): number =>
  tensor.role === 'matmul' || tensor.role === 'filter' ? 2 * activeElementsOf(tensor) : 0;

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);
