import { tensor, tidy, type Variable, variable } from '@tensorflow/tfjs-core';
import type { Model } from './model';
import { blendInto } from './ops/blend';

/** An average of the weights of one model over its steps. Free it with `dispose`. */
export interface WeightAverage {
  /** Takes in the weights as they are after the `step`-th update, counted from 1. */
  update(step: number): void;
  /** Puts the average in the place of the weights until the function that is returned is called. */
  use(): () => void;
  /** Overwrites the average of one tensor. */
  write(path: string, data: Float32Array): void;
  /** The tensors that are averaged: the trainable ones. Others are in the average as they are in the model. */
  readonly paths: readonly string[];
  dispose(): void;
}

/**
 * The mean of the weights after every update so far, the one k updates ago weighing decay^k. Without the bias of a start at zero or
 * at the first weights: w̄ = w̄ + (1 - decay) / (1 - decayᵗ) (w - w̄), as Adam corrects its moments (Kingma and Ba 2015).
 */
export function createWeightAverage(model: Model, decay: number): WeightAverage {
  const averages = new Map<string, Variable>();
  for (const [path, weights] of model.trainable)
    averages.set(
      path,
      tidy(() => variable(weights.clone(), false)),
    );
  const averageOf = (path: string): Variable => {
    const found = averages.get(path);
    if (found === undefined) throw new Error(`Expected a trainable tensor, got '${path}'.`);
    return found;
  };
  return {
    update(step) {
      const share = (1 - decay) / (1 - decay ** step);
      for (const [path, weights] of model.trainable) blendInto(averageOf(path), 1 - share, [weights, share]);
    },
    use() {
      // Only the places are exchanged, so the weights come back bit for bit.
      const own = [...model.trainable].map(([path, weights]) => {
        const held = weights.clone();
        weights.assign(averageOf(path));
        return { weights, held };
      });
      return () => {
        for (const { weights, held } of own) {
          weights.assign(held);
          held.dispose();
        }
      };
    },
    write(path, data) {
      const target = averageOf(path);
      if (data.length !== target.size)
        throw new Error(`Expected ${target.size} numbers for '${path}', got ${data.length}.`);
      tidy(() => target.assign(tensor(data.slice(), target.shape)));
    },
    paths: [...averages.keys()],
    dispose() {
      for (const each of averages.values()) each.dispose();
      averages.clear();
    },
  };
}
