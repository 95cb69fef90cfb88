import { add, engine, type Scalar, scalar, type Tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { type FusedNode, freeingOthers } from './backends/native/fused';
import { addInPlace } from './ops/add-in-place';
import { globalNorm } from './ops/global-norm';
import { registerPlainGradients } from './plain-gradients';

/** One gradient per trainable tensor, by path. Whoever receives it frees it. */
export type Gradients = ReadonlyMap<string, Tensor>;

/**
 * The value of `f` and its gradient with respect to each variable; variables that it does not depend on are left out.
 *
 * tfjs's own `variableGrads` keeps every saved tensor and every intermediate gradient until the end. This walk frees
 * them as it goes, so that the peak is that of the forward pass, and frees them when something throws, too.
 */
export function valueAndGradients(
  f: () => Scalar,
  variables: ReadonlyMap<string, Variable>,
): { readonly value: Scalar; readonly gradients: Gradients } {
  registerPlainGradients();
  const { value, tape } = record(f);
  const reached = reachedFrom(variables.values(), tape);
  const flowing = new Map<number, Tensor>([[value.id, scalar(1)]]);
  try {
    for (let node = tape.pop(); node !== undefined; node = tape.pop()) {
      try {
        stepBack(node, flowing, reached);
      } finally {
        freeSaved([node]);
      }
    }
    const gradients = new Map<string, Tensor>();
    for (const [path, variable] of variables) {
      const gradient = flowing.get(variable.id);
      if (gradient === undefined) continue;
      flowing.delete(variable.id);
      gradients.set(path, gradient);
    }
    return { value, gradients };
  } catch (error) {
    value.dispose();
    freeSaved(tape);
    throw error;
  } finally {
    for (const rest of flowing.values()) rest.dispose();
  }
}

/** Adds `more` to `sum` tensor by tensor and uses both up: for the gradients of several batches. */
export function addGradients(sum: Gradients, more: Gradients): Gradients {
  const total = new Map<string, Tensor>();
  for (const path of new Set([...sum.keys(), ...more.keys()])) {
    const [a, b] = [sum.get(path), more.get(path)];
    if (a !== undefined && b !== undefined) {
      total.set(path, addInPlace(a, b));
      b.dispose();
    } else {
      const only = a ?? b;
      if (only !== undefined) total.set(path, only);
    }
  }
  return total;
}

/** Euclidean norm of all gradients together. */
export function gradientNorm(gradients: Gradients): number {
  return tidy(() => globalNorm([...gradients.values()]).dataSync()[0] ?? 0);
}

export function disposeGradients(gradients: Gradients): void {
  for (const gradient of gradients.values()) gradient.dispose();
}

type Tape = ReturnType<typeof engine>['state']['activeTape'];
type TapeNode = Tape[number];

/** Runs `f` with the tape on. Only what gradients need outlives it. */
function record(f: () => Scalar): { value: Scalar; tape: Tape } {
  const { state } = engine();
  if (state.gradientDepth !== 0)
    throw new Error('Expected no gradient inside a gradient: second derivatives are not supported.');
  const tape: Tape = [];
  state.activeTape = tape;
  state.gradientDepth = 1;
  try {
    return { value: tidy(f), tape };
  } catch (error) {
    freeSaved(tape);
    throw error;
  } finally {
    state.gradientDepth = 0;
    state.activeTape = [];
  }
}

function freeSaved(tape: Tape): void {
  for (const node of tape) for (const saved of node.saved ?? []) saved.dispose();
}

/** Ids of all tensors that depend on one of the variables. */
function reachedFrom(variables: Iterable<Variable>, tape: Tape): ReadonlySet<number> {
  const reached = new Set<number>();
  for (const variable of variables) reached.add(variable.id);
  for (const node of tape) {
    const inputs = fusedOf(node)?.inputs ?? inputsOf(node).map(([, input]) => input);
    if (inputs.some(input => reached.has(input.id))) {
      for (const output of node.outputs) reached.add(output.id);
    }
  }
  return reached;
}

/** The inputs that are there: kernels with optional inputs list the missing ones too, against their type. */
const inputsOf = (node: TapeNode): [name: string, input: Tensor][] =>
  Object.entries<Tensor | null | undefined>(node.inputs).filter(
    (entry): entry is [string, Tensor] => entry[1] !== null && entry[1] !== undefined,
  );

const fusedOf = (node: TapeNode): FusedNode | undefined => (node as TapeNode & { readonly fused?: FusedNode }).fused;

/** Takes the gradients of a node's outputs out of `flowing` and puts those of its inputs in. */
function stepBack(node: TapeNode, flowing: Map<number, Tensor>, reached: ReadonlySet<number>): void {
  const incoming = node.outputs.map(output => flowing.get(output.id));
  if (incoming.every(gradient => gradient === undefined)) return;
  for (const output of node.outputs) flowing.delete(output.id);
  const fused = fusedOf(node);
  const [dy] = incoming;
  try {
    if (fused !== undefined && dy !== undefined) passOnFused(fused, dy, flowing, reached);
    else passOn(node, incoming, flowing, reached);
  } finally {
    for (const gradient of incoming) gradient?.dispose();
  }
}

function passOn(
  node: TapeNode,
  incoming: readonly (Tensor | undefined)[],
  flowing: Map<number, Tensor>,
  reached: ReadonlySet<number>,
): void {
  const inputs = inputsOf(node).filter(([, input]) => reached.has(input.id));
  if (inputs.length === 0) return;
  const { gradient } = node;
  if (gradient === undefined) throw new Error(`Expected a gradient for ${node.kernelName}, got none.`);
  const taken = new Set(incoming.map(tensor => tensor?.id));
  tidy(() => {
    // The tape fills a missing gradient of one of several outputs with zeros, although its type does not say so.
    const makers = gradient([...incoming] as Tensor[]);
    return inputs.map(([name, input]) => {
      const made = makers[name]?.();
      if (made === undefined) throw new Error(`Expected a gradient of ${name} from ${node.kernelName}, got none.`);
      // A gradient may pass through unchanged; what comes in is freed afterwards, so it must not be the same tensor.
      const own = taken.has(made.id) ? made.clone() : made;
      taken.add(own.id);
      const earlier = flowing.get(input.id);
      const total = earlier === undefined ? own : add(earlier, own);
      earlier?.dispose();
      flowing.set(input.id, total);
      return total;
    });
  });
}

/** `passOn` for a node of our own, which may add to an earlier gradient in place. */
function passOnFused(
  { inputs, back }: FusedNode,
  dy: Tensor,
  flowing: Map<number, Tensor>,
  reached: ReadonlySet<number>,
): void {
  if (!inputs.some(input => reached.has(input.id))) return;
  freeingOthers(() => {
    const made = back(dy, input => flowing.get(input.id));
    const totals: Tensor[] = [];
    for (const [index, input] of inputs.entries()) {
      const own = made[index];
      if (own === undefined || !reached.has(input.id)) continue;
      const earlier = flowing.get(input.id);
      const total = earlier === undefined || earlier === own ? own : addInPlace(earlier, own);
      flowing.set(input.id, total);
      totals.push(total);
    }
    return totals;
  });
}
