import type { Config, Instance } from './component';
import { type Field, isComputed, type Value } from './fields';
import type { ExperimentSpec, ModelSpec } from './model';
import { variantsOf } from './registry';

type Numbers = Readonly<Record<string, number>>;

/**
 * Fills the settings that an instance lacks with the registry's defaults. What was written before a setting existed means what
 * its default says. Components and settings that the registry does not know are left as they are.
 */
export function completeInstance<I extends Instance>(instance: I, around: Numbers): I {
  const [slot = '', word = ''] = instance.id.split('.');
  const component = variantsOf(slot as Parameters<typeof variantsOf>[0]).get(word);
  if (component === undefined) return instance;
  const config: Record<string, Config[string]> = { ...instance.config };
  const scope = {
    number: (name: string): number => {
      const value = config[name] ?? around[name];
      if (typeof value !== 'number') throw new Error(`Expected a number '${name}' around ${instance.id}.`);
      return value;
    },
  };
  for (const [name, field] of Object.entries(component.fields)) {
    const value = config[name] === undefined ? defaultOf(field, scope) : undefined;
    if (value !== undefined) config[name] = value;
  }
  for (const [name, use] of Object.entries(component.slots)) {
    const inner = config[name] ?? (use.default === null ? undefined : { id: `${use.slot}.${use.default}`, config: {} });
    if (isInstance(inner)) config[name] = completeInstance(inner, around);
  }
  return { ...instance, config };
}

/** A model with every setting of today's registry. */
export function completeModel(model: ModelSpec): ModelSpec {
  const { vocab, context, hidden } = model;
  const complete = (instance: Instance) => completeInstance(instance, { vocab, context, hidden });
  return {
    ...model,
    embedding: complete(model.embedding),
    position: complete(model.position),
    finalNorm: complete(model.finalNorm),
    head: complete(model.head),
    kinds: model.kinds.map(kind => ({
      ...kind,
      branches: kind.branches.map(branch => ({
        ...branch,
        body: complete(branch.body),
        norm: complete(branch.norm),
        position: complete(branch.position),
      })),
    })),
  };
}

/** A run's spec with every setting of today's registry. */
export const completeExperiment = (spec: ExperimentSpec): ExperimentSpec => ({
  ...spec,
  model: completeModel(spec.model),
  data: { ...spec.data, tokenizer: completeInstance(spec.data.tokenizer, {}) },
  train: {
    start: null,
    ema: null,
    ...spec.train,
    optimizer: completeInstance(spec.train.optimizer, {}),
    schedule: completeInstance(spec.train.schedule, {}),
  },
});

function defaultOf(field: Field, scope: { number(name: string): number }): Value | undefined {
  return isComputed(field.default) ? field.default.of(scope) : field.default;
}

const isInstance = (value: Config[string] | undefined): value is Instance =>
  typeof value === 'object' && value !== null && 'id' in value && 'config' in value;
