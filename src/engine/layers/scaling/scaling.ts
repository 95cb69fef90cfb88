import type { IdOf, SettingsOf } from '../../../architecture/registry';

/** How a component of the slot `scaling` changes the frequencies of rope (radians per position, fast to slow). */
export type Scaling<Id extends IdOf<'scaling'>> = (
  frequencies: Float64Array,
  config: SettingsOf<Id>,
  rope: RopeSizes,
) => ScaledFrequencies;

export interface RopeSizes {
  readonly theta: number;
  /** Rotated dimensions of a head. */
  readonly dims: number;
}

export interface ScaledFrequencies {
  readonly frequencies: Float64Array;
  /** Factor on the rotated part of queries and keys. */
  readonly attentionFactor: number;
  /** Factor on whole attention scores, where the attention heeds it; 1 when left out. */
  readonly scoreFactor?: number;
}
