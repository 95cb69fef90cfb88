import type { Instance } from '../../architecture/component';
import type { Value } from '../../architecture/fields';
import type { Document, Setting, Word } from '../syntax/tree';
import type { Context } from './context';
import type { ResolvedBlock, ResolvedSetting } from './resolved';

/** A block whose settings are read when they are first needed, since they may need each other. */
export interface OpenBlock extends ResolvedBlock {
  readonly context: Context;
  readonly parent: OpenBlock | undefined;
  readonly settings: Map<string, ResolvedSetting>;
  readonly slots: Map<string, OpenBlock>;
  instance: Instance | undefined;
  /** What is written for each setting, the nearest first place winning. */
  readonly sources: ReadonlyMap<string, SettingSource>;
  /** The number of layers of each of its patterns, once that is laid out: what `layers` is in arithmetic. */
  readonly layerCounts: Map<string, number>;
  /** Where problems of copied settings are shown: the name behind `from`. */
  readonly anchor: Word | undefined;
  /** The value of a field that names other blocks (a pattern, a reference), read by whoever knows those. */
  readonly readSpecial: ((name: string, source: SettingSource | undefined) => SpecialValue) | undefined;
}

export interface SettingSource {
  readonly setting: Setting;
  readonly document: Document;
  readonly inherited: boolean;
}

export interface SpecialValue {
  readonly value: Value | undefined;
  readonly broken: boolean;
  /** What it is in arithmetic: the number of layers of a pattern. */
  readonly count?: number;
}
