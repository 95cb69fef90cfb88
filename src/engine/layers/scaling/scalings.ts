import type { Instance } from '../../../architecture/component';
import type { IdOf, SettingsOf } from '../../../architecture/registry';
import { linearFrequencies } from './linear';
import { llama3Frequencies } from './llama3';
import { unscaledFrequencies } from './none';
import type { RopeSizes, ScaledFrequencies, Scaling } from './scaling';
import { yarnFrequencies } from './yarn';

/** The arithmetic of every scaling. Total: a scaling of the registry that is missing here does not compile. */
export const scalings: { readonly [Id in IdOf<'scaling'>]: Scaling<Id> } = {
  'scaling.none': unscaledFrequencies,
  'scaling.linear': linearFrequencies,
  'scaling.llama3': llama3Frequencies,
  'scaling.yarn': yarnFrequencies,
};

/** Scales the frequencies of rope as the instance says. Throws a programmer error when it is no scaling. */
export function scale(instance: Instance, frequencies: Float64Array, rope: RopeSizes): ScaledFrequencies {
  const scaling = Object.hasOwn(scalings, instance.id) ? scalings[instance.id as IdOf<'scaling'>] : undefined;
  if (scaling === undefined) throw new Error(`Expected a component of the slot 'scaling', got '${instance.id}'.`);
  // The instance carries the settings of its own component.
  return scaling(frequencies, instance.config as SettingsOf<IdOf<'scaling'>> as never, rope);
}
