import type { AnyComponent, Definition, Instance } from '../../architecture/component';
import type { Field, Value } from '../../architecture/fields';
import type { DataSpec, ExperimentSpec, LayerSpec, ModelSpec, TrainSpec } from '../../architecture/model';
import type { ComponentId } from '../../architecture/registry';
import type { Block, Document, Setting, Word } from '../syntax/tree';

/** What a file means: its models, data and runs, and for everything written what it stands for. */
export interface ResolvedFile {
  readonly document: Document;
  readonly models: readonly ResolvedModel[];
  readonly data: readonly ResolvedData[];
  readonly trains: readonly ResolvedTrain[];
  /** Every block of this file whose word is known, resolved where it stands. */
  readonly blocks: ReadonlyMap<Block, ResolvedBlock>;
  /** Everything that has a name, in the order of the file. */
  readonly symbols: readonly FileSymbol[];
  /** What each word stands for that refers to something: names in arithmetic, patterns, `from`, `model =`, and definitions. */
  readonly references: ReadonlyMap<Word, Reference>;
}

/** A block with a value for each of its settings. Also stands for a component that nobody wrote (`block` is undefined). */
export interface ResolvedBlock {
  /** Where it is written, nearest first: a block changed through `from` has several. Empty for a default. */
  readonly written: readonly WrittenBlock[];
  /** Its own text in this place: undefined for a default and for what came whole through `from`. */
  readonly block: Block | undefined;
  /** The word it is called by here: `model`, `layer`, or the name of the slot (`final_norm`). */
  readonly word: string;
  readonly definition: Definition;
  /** What stands in a slot; undefined for `model`, `layer`, `data`, `train`. */
  readonly component: AnyComponent | undefined;
  readonly id: ComponentId | undefined;
  readonly parent: ResolvedBlock | undefined;
  /** One entry per field of the definition, in its order. */
  readonly settings: ReadonlyMap<string, ResolvedSetting>;
  /** What stands in its slots, defaults included; a slot where nothing stands is absent. */
  readonly slots: ReadonlyMap<string, ResolvedBlock>;
  /** The settings as data; undefined for `model`, `layer`, `data`, `train`. */
  readonly instance: Instance | undefined;
}

/** A piece of text that a block or setting comes from: this file or a file of the gallery. */
export interface WrittenBlock {
  readonly block: Block;
  readonly document: Document;
  /** It came through `from`, rather than being written in this place. */
  readonly inherited: boolean;
}

export interface ResolvedSetting {
  readonly name: string;
  readonly field: Field;
  /** Undefined when it has neither a legal value nor a default. */
  readonly value: Value | undefined;
  /** `inherited`: written in what this block was copied `from`. */
  readonly origin: 'written' | 'inherited' | 'default';
  /** Where it is written. */
  readonly setting: Setting | undefined;
  /** The file it is written in. */
  readonly document: Document | undefined;
  /** What is written has a mistake, so `value` is the default. */
  readonly broken: boolean;
}

export interface ResolvedModel {
  readonly name: string;
  readonly resolved: ResolvedBlock;
  readonly block: Block;
  /** All layers, those copied `from` another model included, in the order written. */
  readonly layers: readonly ResolvedLayer[];
  /** For every layer of the stack the word of the pattern that put it there (undefined if the pattern is missing). */
  readonly stackOrigins: readonly (Word | undefined)[];
  /** Undefined where the sizes are not known at all: no vocab, no hidden. */
  readonly spec: ModelSpec | undefined;
  /** Something written was broken and a default stands in for it: numbers are near, not exact. Checks do not apply. */
  readonly approximate: boolean;
  /** The model it was copied from: a name in this file or in the gallery. */
  readonly from: string | undefined;
  /** The setting that its budget decided. */
  readonly solved: SolvedSetting | undefined;
}

/** A setting written as `auto`, with what the budget of its model made of it. */
export interface SolvedSetting {
  /** The word `auto`. */
  readonly word: Word;
  /** It stands in this place, and was not copied `from` elsewhere. */
  readonly own: boolean;
  readonly name: string;
  readonly budget: number;
  /** What `auto` stands for, and the parameters of the model with it. */
  readonly best: SizedValue;
  /** The next sensible values below and above. */
  readonly smaller: SizedValue | undefined;
  readonly larger: SizedValue | undefined;
}

/** What a setting could be, and the parameters of its model then. */
export interface SizedValue {
  readonly value: number;
  readonly total: number;
}

export interface ResolvedLayer {
  readonly name: string;
  readonly resolved: ResolvedBlock;
  /** Its own text; undefined if it came whole from another model. */
  readonly block: Block | undefined;
  readonly spec: LayerSpec;
  /** How often the pattern uses it. */
  readonly uses: number;
}

export interface ResolvedData {
  readonly name: string;
  readonly resolved: ResolvedBlock;
  readonly block: Block;
  readonly spec: DataSpec;
  readonly approximate: boolean;
}

export interface ResolvedTrain {
  readonly name: string;
  readonly resolved: ResolvedBlock;
  readonly block: Block;
  /** The model it trains, named or the only one. */
  readonly model: ResolvedModel | undefined;
  /** The data it reads; undefined: the bundled sample corpus. */
  readonly data: ResolvedData | undefined;
  /** Undefined where the model is not known, since its size decides the length of the run. */
  readonly spec: TrainSpec | undefined;
  /** Everything a run needs; undefined where one of its parts is not known. */
  readonly experiment: ExperimentSpec | undefined;
  readonly approximate: boolean;
}

/** Something with a name. */
export interface FileSymbol {
  readonly kind: 'model' | 'layer' | 'data' | 'train';
  readonly name: string;
  readonly block: Block;
  /** The word that gives the name. */
  readonly definition: Word;
  /** The words that use the name, in the order of the file; the definition is not among them. */
  readonly uses: readonly Word[];
  /** For a layer: the model it is in. */
  readonly model: Block | undefined;
}

export type Reference =
  | { readonly kind: 'symbol'; readonly symbol: FileSymbol }
  /** A number in arithmetic; `owner` is the block that has the setting. */
  | { readonly kind: 'setting'; readonly setting: ResolvedSetting; readonly owner: ResolvedBlock }
  /** A model of the gallery. */
  | { readonly kind: 'gallery'; readonly name: string; readonly document: Document; readonly block: Block };
