import { tensor, tidy, type Variable, variable, zeros } from '@tensorflow/tfjs-core';
import type { Instance } from '../../architecture/component';
import { weightDecayOf } from '../../architecture/components/optimizer/weight-decay';
import { componentOf, type IdOf, type TypedInstance } from '../../architecture/registry';
import type { Model } from '../model';
import { createAdamw } from './adamw';
import { createLion } from './lion';
import { createMuon } from './muon';
import type { CreateUpdate, Optimizer, Update, Updated } from './optimizer';
import { createSgd } from './sgd';

/** The arithmetic of every optimizer. Total: an optimizer of the registry that is missing here does not compile. */
export const optimizers: { readonly [Id in IdOf<'optimizer'>]: CreateUpdate<Id> } = {
  'optimizer.adamw': createAdamw,
  'optimizer.muon': createMuon,
  'optimizer.lion': createLion,
  'optimizer.sgd': createSgd,
};

/** Makes the optimizer that `instance` describes for a model, with the averages that its component declares. */
export function createOptimizer(instance: Instance<IdOf<'optimizer'>>, model: Model): Optimizer {
  const { id, config } = instance as TypedInstance<IdOf<'optimizer'>>;
  const update = updateOf(instance);
  const component = componentOf(instance);
  const state = new Map<string, Variable>();
  const find = (name: string): Variable => {
    const found = state.get(name);
    if (found === undefined) throw new Error(`Expected a state of ${id}, got '${name}'.`);
    return found;
  };
  const tensors = new Map<string, Omit<Updated, 'gradient'>>();
  for (const weight of model.table) {
    const parameter = model.trainable.get(weight.path);
    if (parameter === undefined) continue;
    for (const name of component.averages?.(instance.config, weight) ?? [])
      state.set(`${name}.${weight.path}`, zerosLike(parameter));
    const average = (name: string) => find(`${name}.${weight.path}`);
    tensors.set(weight.path, { weight, parameter, weightDecay: weightDecayOf(config, weight), average });
  }
  let steps = 0;

  return {
    get steps() {
      return steps;
    },
    update(gradients, settings) {
      steps++;
      const updated = [...gradients].map(([path, gradient]): Updated => {
        const known = tensors.get(path);
        if (known === undefined) throw new Error(`Expected a trainable tensor, got '${path}'.`);
        return { ...known, gradient };
      });
      update(updated, { ...settings, step: steps });
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
      tensors.clear();
    },
  };
}

function updateOf(instance: Instance<IdOf<'optimizer'>>): Update {
  const create = Object.hasOwn(optimizers, instance.id) ? optimizers[instance.id] : undefined;
  if (create === undefined) throw new Error(`Expected a component of the slot 'optimizer', got '${instance.id}'.`);
  // The instance carries the settings of its own component.
  return create(instance.config as never);
}

const zerosLike = ({ shape }: Variable): Variable => tidy(() => variable(zeros(shape), false));
