import type { Instance } from '../../architecture/component';
import type { Maker } from '../../architecture/make-instance';
import type { ModelSpec } from '../../architecture/model';
import type { LayerDraft } from '../layer-draft';
import type { JsonObject } from './config-json';
import type { ConfigReader } from './config-reader';

/** A class of transformers: how its config.json is read, and how a model is written as one. */
export interface Family {
  /** Its `model_type`, then others that mean the same class. */
  readonly types: readonly [string, ...string[]];
  /** As in `architectures`; `null` where transformers has no such class. */
  readonly className: string | null;
  /** False where `AutoModelForCausalLM` does not know the class, which then loads a folder only by its own name. */
  readonly auto?: false;
  /** What the class takes for keys that a file leaves out. */
  readonly defaults: JsonObject;
  /** Other spellings of a key. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  /** Keys that the class accepts and that change nothing in the network. */
  readonly idle?: readonly string[];
  read(config: ConfigReader): ModelDraft;
  /**
   * The config of a model as far as this class can say it. Whoever calls it reads the result back: what the class cannot
   * hold shows there, so nothing is checked here.
   */
  write(spec: ModelSpec): JsonObject;
}

/** Sizes of a model, as nearly every class calls them. */
export interface Sizes {
  readonly vocab: number;
  readonly context: number;
  readonly hidden: number;
  readonly layers: number;
  readonly tied: boolean;
  readonly initStd: number;
}

/** A model before its layers have names. */
export interface ModelDraft {
  readonly sizes: Sizes;
  readonly make: Maker;
  readonly layers: readonly LayerDraft[];
  /** Layers of the modules that predict further ahead. */
  readonly ahead?: readonly LayerDraft[];
  readonly embedding?: Instance;
  readonly head?: Instance;
  /** As in the last layer when left out. */
  readonly finalNorm?: Instance;
}
