import type { AnyComponent, Config } from './component';
import { type Field, isComputed, type Value } from './fields';
import { type ComponentId, componentOf, type SettingsOf, type TypedInstance } from './registry';

/** Settings of a component as one would write them: what is left out takes its default. */
export type WrittenSettings<Id extends ComponentId> = { readonly [K in keyof SettingsOf<Id>]?: SettingsOf<Id>[K] };

/** Numbers visible around a component: sizes of the model, settings of what it stands in. */
export type Around = Readonly<Record<string, number>>;

/** Makes components inside a model of these sizes. */
export type Maker = <Id extends ComponentId>(id: Id, written?: WrittenSettings<Id>) => TypedInstance<Id>;

/** A component of the registry, what is not written filled with the registry's defaults. Throws when a required setting is missing. */
export function makeInstance<Id extends ComponentId>(
  id: Id,
  written: WrittenSettings<Id>,
  around: Around,
): TypedInstance<Id> {
  const component = componentOf({ id });
  const config: Record<string, Config[string]> = {};
  // Not every key of the type is there, and the loop knows none of them.
  const given = written as Config;
  for (const [name, field] of Object.entries(component.fields)) {
    const value = given[name] !== undefined ? given[name] : defaultOf(field, config, around);
    if (value === undefined)
      throw new Error(`Expected the setting '${name}' of ${id}, got ${JSON.stringify(written)}.`);
    config[name] = value;
  }
  for (const [name, slot] of Object.entries(component.slots)) {
    const value = given[name];
    if (value !== undefined) config[name] = value;
    else if (slot.default !== null)
      config[name] = makeDefault(`${slot.slot}.${slot.default}`, { ...around, ...numbersOf(config) });
  }
  return { id, config: config as unknown as SettingsOf<Id> };
}

const makeDefault = (id: string, around: Around) => makeInstance(id as ComponentId, {}, around);

/** The value of a setting that is not written; `undefined` when it is required. */
export function defaultOf(field: Field, config: Config, around: Around): Value | undefined {
  const standard: Field['default'] = field.default;
  if (!isComputed(standard)) return standard;
  return standard.of({
    number: name => {
      const value = config[name] ?? around[name];
      if (typeof value !== 'number')
        throw new Error(`Expected a number '${name}' for a default, got ${String(value)}.`);
      return value;
    },
  });
}

/** The numbers among the settings of a component: what components inside it see. */
export const numbersOf = (config: Config): Around =>
  Object.fromEntries(Object.entries(config).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));

/** The required settings of a component. */
export const requiredOf = (component: AnyComponent): readonly string[] =>
  Object.entries(component.fields).flatMap(([name, field]) => (field.default === undefined ? [name] : []));
