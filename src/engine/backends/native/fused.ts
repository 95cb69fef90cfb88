import { customGrad, type GradSaveFunc, type Tensor } from '@tensorflow/tfjs-core';

/** What a fused op computed, and what its gradient will need. */
export interface FusedResult<T extends Tensor> {
  readonly value: T;
  readonly keep: readonly Tensor[];
}

/**
 * An op with its own gradient on tfjs's tape.
 *
 * `inputs` are the tensors that may get a gradient; nulls are left out. `gradient` gets what `forward` kept and returns one
 * tensor per input, in their order (null where the input is null). Tensors that need no gradient are simply captured.
 */
export function fused<T extends Tensor>(
  inputs: readonly (Tensor | null)[],
  forward: () => FusedResult<T>,
  gradient: (dy: T, kept: Tensor[]) => readonly (Tensor | null)[],
): T {
  const present = inputs.filter(input => input !== null);
  const run = customGrad((...given) => {
    const save = given.at(-1) as GradSaveFunc;
    const { value, keep } = forward();
    save([...keep]);
    return {
      value,
      gradFunc: (dy: Tensor, kept: Tensor[]) => gradient(dy as T, kept).filter(tensor => tensor !== null),
    };
  });
  return run(...present) as T;
}
