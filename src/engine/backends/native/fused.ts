import { engine, keep, type Tensor, tidy, Variable } from '@tensorflow/tfjs-core';
import type { NativeBackend } from './native-backend';

/** What a fused op computed, and what its gradient will need. */
export interface FusedResult<T extends Tensor> {
  readonly value: T;
  readonly keep: readonly Tensor[];
  /**
   * Makes the value again from what was kept, bit for bit. Where it is cheap, later ops need not keep the value for their own
   * gradients: activations are most of the memory of a training step (Chen et al. 2016, "Training Deep Nets with Sublinear
   * Memory Cost").
   */
  readonly remake?: (kept: readonly Tensor[]) => Tensor;
}

/**
 * The gradient that an input already got from elsewhere, to add to in place and return, or null: then a new tensor is returned
 * and the tape adds the two.
 */
export type Into = (input: number) => Tensor | null;

/** Returns one gradient per input, in their order (null where the input is null). */
export type FusedGradient<T extends Tensor> = (dy: T, kept: Tensor[], into: Into) => readonly (Tensor | null)[];

/** The part of a tape node that only our own walk knows (engine/gradients.ts). */
export interface FusedNode {
  readonly inputs: readonly Tensor[];
  /** Gradients of `inputs`; `earlier` is what an input already got. */
  back(dy: Tensor, earlier: (input: Tensor) => Tensor | undefined): readonly Tensor[];
}

/**
 * An op with its own gradient on tfjs's tape.
 *
 * `inputs` are the tensors that may get a gradient; nulls are left out. `gradient` gets what `forward` kept. Tensors that need no
 * gradient are simply captured. Only for the native backend: like tfjs's `customGrad`, without its copies and closures, which
 * cost as much as the kernels of a small model.
 */
export function fused<T extends Tensor>(
  inputs: readonly (Tensor | null)[],
  forward: () => FusedResult<T>,
  gradient: FusedGradient<T>,
): T {
  const { state } = engine();
  const scope = state.activeScope;
  if (scope === null) return tidy(() => fused(inputs, forward, gradient));
  const recording = state.gradientDepth > 0 && state.kernelDepth === 0;
  const first = scope.track.length;
  // What `forward` runs is not for the tape.
  state.kernelDepth++;
  let result: FusedResult<T>;
  try {
    result = forward();
  } finally {
    state.kernelDepth--;
  }
  const { value } = result;
  const made = scope.track.splice(first);
  if (made.includes(value)) scope.track.push(value);
  const kept = recording ? result.keep.map(tensor => keepFor(tensor, made, value)) : [];
  for (const tensor of made) if (tensor !== value && !tensor.kept) tensor.dispose();
  if (recording) record(inputs, result, kept, gradient);
  return value;
}

/** Runs `make` and frees every tensor that it made and did not return: `tidy` for lists of tensors, at a tenth of its cost. */
export function freeingOthers(make: () => readonly Tensor[]): void {
  const { state } = engine();
  engine().startScope('fused');
  const scope = state.activeScope;
  let results: readonly Tensor[] = [];
  try {
    results = make();
  } finally {
    state.scopeStack.pop();
    state.activeScope = state.scopeStack.at(-1) as typeof scope;
    for (const tensor of scope?.track ?? []) {
      if (tensor.kept) continue;
      if (!results.includes(tensor)) tensor.dispose();
      else if (state.activeScope) adopt(tensor, state.activeScope);
    }
  }
}

function adopt(tensor: Tensor, scope: { readonly id: number; readonly track: Tensor[] }): void {
  tensor.scopeId = scope.id;
  scope.track.push(tensor);
}

/** The same numbers in another shape (or just once more), without a copy. */
export function alias<T extends Tensor>(tensor: Tensor, shape: number[] = tensor.shape): T {
  const { dataId, dtype } = tensor;
  backend().incRef(dataId);
  return engine().makeTensorFromTensorInfo({ dataId, shape, dtype }) as T;
}

/** The array of a tensor that nobody else sees, to be changed in place, or null. What was known about its value is forgotten. */
export function changeable(tensor: Tensor): Float32Array | null {
  const { pool } = backend();
  const values = backend().floats(tensor);
  if (backend().refCount(tensor.dataId) !== 1 || !pool.isExclusive(values)) return null;
  recipes.delete(tensor.dataId);
  return values;
}

/**
 * Room for a gradient of the shape of `kept`, which an elementwise kernel reads for the last time: its own memory when nobody else
 * sees it, else new memory.
 */
export function inPlaceOf<T extends Tensor>(kept: T): T {
  return kept instanceof Variable || changeable(kept) === null ? backend().outputTensor<T>(kept.shape) : alias<T>(kept);
}

const backend = () => engine().backend as NativeBackend;

/** How a value is made again. The result is shared by all who need it, until the last has had it. */
interface Recipe {
  readonly make: () => Tensor;
  waiting: number;
  made: Tensor | null;
}
const recipes = new WeakMap<object, Recipe>();

/** A tensor that a gradient waits for. */
interface Kept {
  read(): Tensor;
  /** Null for variables, which live on. */
  readonly saved: { dispose(): void } | null;
}

function keepFor(tensor: Tensor, made: readonly Tensor[], value: Tensor): Kept {
  if (tensor instanceof Variable) return { read: () => tensor, saved: null };
  const recipe = recipes.get(tensor.dataId);
  if (recipe !== undefined) return keepRecipe(recipe, tensor.shape);
  const own = keep(tensor !== value && made.includes(tensor) ? tensor : alias(tensor));
  return { read: () => own, saved: own };
}

function keepRecipe(recipe: Recipe, shape: number[]): Kept {
  recipe.waiting++;
  return {
    read() {
      recipe.made ??= keep(recipe.make());
      return alias(recipe.made, shape);
    },
    saved: {
      dispose() {
        recipe.waiting--;
        if (recipe.waiting > 0) return;
        recipe.made?.dispose();
        recipe.made = null;
      },
    },
  };
}

function record<T extends Tensor>(
  inputs: readonly (Tensor | null)[],
  { value, remake }: FusedResult<T>,
  kept: readonly Kept[],
  gradient: FusedGradient<T>,
): void {
  const { state } = engine();
  const read = () => kept.map(each => each.read());
  if (remake !== undefined) recipes.set(value.dataId, { make: () => remake(read()), waiting: 0, made: null });
  const present = inputs.filter(input => input !== null);
  const node: FusedNode = {
    inputs: present,
    back(dy, earlier) {
      const into: Into = index => {
        const input = inputs[index];
        const sum = input && earlier(input);
        return sum && changeable(sum) !== null ? sum : null;
      };
      return gradient(dy as T, read(), into).filter(made => made !== null);
    },
  };
  state.activeTape.push({
    id: state.nextTapeNodeId++,
    kernelName: 'fused',
    inputs: Object.fromEntries(present.map((input, index) => [index, input])),
    outputs: [value],
    // tfjs frees what is saved by its `dispose`, and asks nothing else of it.
    saved: kept.flatMap(({ saved }) => (saved === null ? [] : [saved as Tensor])),
    gradient: ([dy]: Tensor[]) => {
      const made = dy === undefined ? [] : node.back(dy, () => undefined);
      return Object.fromEntries(made.map((each, index) => [index, () => each]));
    },
    ...{ fused: node },
  });
}
