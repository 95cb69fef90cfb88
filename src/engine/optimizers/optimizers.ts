import type { Instance } from '../../architecture/component';
import type { IdOf } from '../../architecture/registry';
import type { Model } from '../model';
import { createAdamw } from './adamw';
import type { CreateOptimizer, Optimizer } from './optimizer';

/** The arithmetic of every optimizer. Total: an optimizer of the registry that is missing here does not compile. */
export const optimizers: { readonly [Id in IdOf<'optimizer'>]: CreateOptimizer<Id> } = {
  'optimizer.adamw': createAdamw,
};

/** Makes the optimizer that `instance` describes for a model. */
export function createOptimizer(instance: Instance<IdOf<'optimizer'>>, model: Model): Optimizer {
  const create = Object.hasOwn(optimizers, instance.id) ? optimizers[instance.id] : undefined;
  if (create === undefined) throw new Error(`Expected a component of the slot 'optimizer', got '${instance.id}'.`);
  // The instance carries the settings of its own component.
  return create(instance.config as never, model);
}
