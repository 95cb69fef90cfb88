import { type Tensor, tensor, tidy, type Variable, variable } from '@tensorflow/tfjs-core';
import { elementsOf, isTrained } from '../architecture/component';
import { type ModelSpec, type ModelWeight, modelWeights } from '../architecture/model';
import { createRandom, type Random } from '../base/random';
import type { Weights } from './layers/layer';

/** Where the numbers of a new model come from: drawn from a seed, or given for every path. */
export type InitialWeights =
  | { readonly seed: number | string }
  | { readonly weights: ReadonlyMap<string, Float32Array> };

/** The tensors of one model, by their paths in its table. */
export interface ModelVariables {
  /** The table, tied tensors left out: one entry per variable, in forward order. */
  readonly table: readonly ModelWeight[];
  /** Throws a programmer error on a path that the table lacks. A tied path gives the tensor it is tied to. */
  get(path: string): Variable;
  /** The tensors of the component at `prefix`, by the names in its own table. */
  at(prefix: string): Weights<string>;
  /** Overwrites one tensor. */
  write(path: string, data: Float32Array): void;
  /** Copies one tensor out. */
  read(path: string): Float32Array;
  dispose(): void;
}

let modelsMade = 0;

/**
 * Makes the variables of a model from its table.
 *
 * Each tensor is drawn from a stream named by its path, so a tensor more or less elsewhere changes no other.
 */
export function createVariables(model: ModelSpec, initial: InitialWeights): ModelVariables {
  const all = modelWeights(model);
  const table = all.filter(entry => entry.tiedTo === undefined);
  const ties = new Map(all.flatMap(entry => (entry.tiedTo === undefined ? [] : [[entry.path, entry.tiedTo] as const])));
  const valuesOf = valuesFrom(initial, model.stack.length);
  // tfjs registers variables by name for the whole process; two models may live at a time.
  const prefix = `model-${modelsMade++}/`;
  const variables = new Map<string, Variable>();
  const dispose = () => {
    for (const each of variables.values()) each.dispose();
    variables.clear();
  };
  try {
    for (const entry of table) {
      const data = valuesOf(entry);
      // The variable takes over a reference to the data, so the tensor it is made from can go.
      tidy(() => {
        variables.set(entry.path, variable(tensor(data, shapeOf(entry)), isTrained(entry), prefix + entry.path));
      });
    }
  } catch (error) {
    dispose();
    throw error;
  }

  const find = (path: string): Variable | undefined => variables.get(ties.get(path) ?? path);
  const get = (path: string): Variable => {
    const found = find(path);
    if (found === undefined) throw new Error(`Expected a tensor of '${model.name}', got '${path}'.`);
    return found;
  };
  return {
    table,
    get,
    at: place => ({
      get: (name, rank) => ranked(get(`${place}.${name}`), rank),
      find: (name, rank) => {
        const found = find(`${place}.${name}`);
        return found === undefined ? null : ranked(found, rank);
      },
    }),
    write(path, data) {
      const target = get(path);
      if (data.length !== target.size) {
        throw new Error(`Expected ${target.size} numbers for '${path}', got ${data.length}.`);
      }
      tidy(() => target.assign(tensor(data.slice(), target.shape)));
    },
    read: path => get(path).dataSync<'float32'>().slice(),
    dispose,
  };
}

function valuesFrom(initial: InitialWeights, layers: number): (entry: ModelWeight) => Float32Array {
  if ('weights' in initial) return entry => sized(entry, initial.weights.get(entry.path));
  const random = createRandom(initial.seed).split('weights');
  return entry => drawWeight(entry, layers, random);
}

/** Sizes of a tensor, outermost first. */
export const shapeOf = (entry: Pick<ModelWeight, 'shape'>): number[] => Object.values(entry.shape);

/** The fresh values of one tensor, from a stream of its own. */
export function drawWeight(entry: ModelWeight, layers: number, random: Random): Float32Array {
  const data = new Float32Array(elementsOf(entry));
  fillWeight(data, entry, layers, random.split(entry.path));
  return data;
}

function fillWeight(
  data: Float32Array,
  { init, shape }: Pick<ModelWeight, 'init' | 'shape'>,
  layers: number,
  random: Random,
): void {
  const last = Object.values(shape).at(-1) ?? 1;
  const draw = (low: number, high: number) => random.fillUniform(data, low, high);
  const map = (change: (value: number, index: number) => number) => data.set(data.map(change));
  switch (init.kind) {
    case 'constant':
      data.fill(init.value);
      return;
    case 'normal':
      random.fillNormal(data, 0, init.std);
      return;
    case 'residual':
      // Branches add up along the residual stream, two per layer: GPT-2 shrinks what they add (Radford et al. 2019).
      random.fillNormal(data, 0, init.std / Math.sqrt(2 * layers));
      return;
    case 'uniform':
      draw(-init.limit, init.limit);
      return;
    case 'log-count':
      map((_, index) => Math.log(1 + (index % last)));
      return;
    case 'log-uniform':
      draw(init.low, init.high);
      map(Math.log);
      return;
    case 'inverse-softplus':
      draw(Math.log(init.low), Math.log(init.high));
      // softplus(y) = z means y = z + log(1 - e^-z).
      map(exponent => Math.exp(exponent) + Math.log(-Math.expm1(-Math.exp(exponent))));
      return;
  }
}

function sized(entry: ModelWeight, data: Float32Array | undefined): Float32Array {
  // A copy: a backend may keep the array it is given, and the caller may write into it again.
  if (data?.length === elementsOf(entry)) return data.slice();
  const shape = shapeOf(entry).join(', ');
  throw new Error(
    data === undefined
      ? `Expected weights for '${entry.path}' [${shape}], got none.`
      : `Expected ${elementsOf(entry)} numbers for '${entry.path}' [${shape}], got ${data.length}.`,
  );
}

/** Checks at run time what the rank argument promises to the types. */
function ranked<T extends Tensor>(found: Variable, rank: number): T {
  if (found.rank !== rank)
    throw new Error(`Expected rank ${rank} for '${found.name}', got [${found.shape.join(', ')}].`);
  return found as Tensor as T;
}
