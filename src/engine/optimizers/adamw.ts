import { tensor, tidy, type Variable, variable, zeros } from '@tensorflow/tfjs-core';
import type { WeightRole } from '../../architecture/component';
import { type AdamwTensor, adamwStep } from '../ops/adamw-step';
import type { CreateOptimizer } from './optimizer';

/**
 * AdamW with weight decay on matrices only (Loshchilov and Hutter 2019), see `adamwStep` for the formula.
 *
 * Norm scales and biases do not decay: pulling them to zero fights what they are for.
 */
export const createAdamw: CreateOptimizer<'optimizer.adamw'> = (settings, model) => {
  const [beta1 = 0.9, beta2 = 0.95] = settings.betas;
  const decays = new Map(model.table.map(({ path, role }) => [path, decaying[role] ? settings.weight_decay : 0]));
  const moments = new Map<string, { readonly first: Variable; readonly second: Variable }>();
  const state = new Map<string, Variable>();
  for (const [path, { shape }] of model.trainable) {
    const pair = { first: emptyLike(shape), second: emptyLike(shape) };
    moments.set(path, pair);
    state.set(`first_moment.${path}`, pair.first);
    state.set(`second_moment.${path}`, pair.second);
  }
  const find = (name: string): Variable => {
    const found = state.get(name);
    if (found === undefined) throw new Error(`Expected a state of AdamW, got '${name}'.`);
    return found;
  };
  let steps = 0;

  return {
    get steps() {
      return steps;
    },
    update(gradients, { learningRate, gradientScale }) {
      steps++;
      const tensors = [...gradients].map(([path, gradient]): AdamwTensor => {
        const parameter = model.trainable.get(path);
        const pair = moments.get(path);
        if (parameter === undefined || pair === undefined)
          throw new Error(`Expected a trainable tensor, got '${path}'.`);
        const { first: firstMoment, second: secondMoment } = pair;
        return { parameter, gradient, firstMoment, secondMoment, weightDecay: decays.get(path) ?? 0 };
      });
      adamwStep(tensors, { learningRate, beta1, beta2, epsilon: settings.epsilon, step: steps, gradientScale });
    },
    state: [...state].map(([name, { shape }]) => ({ name, shape })),
    readState: name => find(name).dataSync<'float32'>().slice(),
    writeState(name, data) {
      const target = find(name);
      if (data.length !== target.size)
        throw new Error(`Expected ${target.size} numbers for '${name}', got ${data.length}.`);
      tidy(() => target.assign(tensor(data.slice(), target.shape)));
    },
    restoreSteps(count) {
      steps = count;
    },
    dispose() {
      for (const each of state.values()) each.dispose();
      state.clear();
      moments.clear();
    },
  };
};

/** Which tensors lose a share of themselves per step. */
const decaying: { readonly [Role in WeightRole]: boolean } = {
  matmul: true,
  lookup: true,
  filter: true,
  scale: false,
  bias: false,
  buffer: false,
};

const emptyLike = (shape: number[]): Variable => tidy(() => variable(zeros(shape), false));
