import type { ConfigOf, Fields, Value } from './fields';

/** Places in the language where a component can stand. */
export type Slot =
  | 'embedding'
  | 'position'
  | 'norm'
  | 'attention'
  | 'mixer'
  | 'ffn'
  | 'head'
  | 'scaling'
  | 'router'
  | 'indexer'
  | 'tokenizer'
  | 'optimizer'
  | 'schedule';

/** Resolved settings by their words in the language; nested components by their slots. */
export interface Config {
  readonly [name: string]: Value | Instance;
}

/** A component with its resolved settings, as plain data (JSON safe). `id` is `slot.word`. */
export interface Instance<Id extends string = string, C = Config> {
  readonly id: Id;
  readonly config: C;
}

/** A slot that a block or a component offers inside itself. */
export interface SlotUse {
  readonly slot: Slot;
  readonly doc: string;
  /** The variant taken when the slot is not written; `null`: nothing stands there. */
  readonly default: string | null;
}
export type SlotUses = Readonly<Record<string, SlotUse>>;

/** What a model gives to each of its components. Sizes in elements. */
export interface Ambient {
  readonly vocab: number;
  readonly context: number;
  readonly hidden: number;
  /** Number of layers of the whole model. */
  readonly layers: number;
  /** The head reuses the embedding table. */
  readonly tied: boolean;
  /** Standard deviation of freshly drawn matrices. */
  readonly initStd: number;
  /** The norm of the layer this component stands in: query/key norms follow its epsilon and offset. */
  readonly norm: NormStyle;
  /** Where a norm stands; only read by norms. */
  readonly site: NormSite;
}

export interface NormStyle {
  readonly epsilon: number;
  /** The weight is applied as 1 + w and starts at 0 (Gemma). */
  readonly unitOffset: boolean;
}

export type BranchKind = 'attention' | 'mixer' | 'ffn';
export type Placement = 'pre' | 'post' | 'sandwich';

/** Which norm of the model this is; decides its name in published checkpoints. */
export type NormSite =
  | { readonly of: 'final' }
  /** In a prediction module: on the next token's embedding, on the state before it, or on what it answers. */
  | { readonly of: 'mtp'; readonly on: 'token' | 'state' | 'output' }
  | { readonly of: BranchKind; readonly when: 'before' | 'after'; readonly place: Placement };

/**
 * How a fresh tensor is filled. `residual` divides the deviation by sqrt(2 * layers) (GPT-2), `uniform` lies within -limit and
 * limit. Recurrences start with a spread of time scales: `log-count` is log 1, log 2, … along the last dimension, `log-uniform`
 * the logarithm of a number drawn from low to high, `inverse-softplus` what softplus turns into a number whose logarithm is
 * drawn evenly (Gu and Dao 2023).
 */
export type Init =
  | { readonly kind: 'normal'; readonly std: number }
  | { readonly kind: 'residual'; readonly std: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly limit: number }
  | { readonly kind: 'log-count' }
  | { readonly kind: 'log-uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'inverse-softplus'; readonly low: number; readonly high: number };

/**
 * What a tensor does. `matmul` is multiplied with every token that reaches it (2 FLOPs per element), `lookup` is read by
 * index, `filter` is convolved along the sequence (2 FLOPs per element and token too), `scale` and `bias` are applied per channel,
 * `buffer` is saved but not a parameter.
 */
export type WeightRole = 'matmul' | 'lookup' | 'filter' | 'scale' | 'bias' | 'buffer';

/** One tensor of a component: the only place where its existence is written down. */
export interface Weight<Name extends string = string> {
  readonly name: Name;
  /** Dimension name to size, outermost first. Matrices are [out, in]: y = x W^T. */
  readonly shape: Readonly<Record<string, number>>;
  readonly init: Init;
  readonly role: WeightRole;
  /** Share of the elements that one token uses (experts); 1 when left out. */
  readonly active?: number;
  /** False for tensors that no gradient reaches; true when left out. */
  readonly trainable?: boolean;
  /** This tensor is another one under a second name (a tied head): the path of that one. Not counted again. */
  readonly tiedTo?: string;
  /**
   * Name in Hugging Face checkpoints, without the `model.layers.N.` in front for layers, whole otherwise;
   * `null` where transformers has no place for it.
   */
  readonly hf: string | null;
  /**
   * Rows of the published tensor that lie in another order: in this many equal groups, each with its share of every part. In
   * the table the parts follow one another whole; their sizes add up to the rows.
   */
  readonly hfRows?: { readonly groups: number; readonly parts: readonly number[] };
  /** Name in GGUF files, without the `blk.N.` in front for layers; `null` where GGUF has no place for it. */
  readonly gguf: string | null;
  /** Names in GGUF files of the equal parts of its rows, where GGUF keeps them apart (`gguf` is then `null`). */
  readonly ggufParts?: readonly string[];
}

/** A tensor and what it belongs to: the branch, or embedding, position, final_norm, head. */
export interface PlacedWeight extends Weight {
  readonly part: string;
}

/** What decoding keeps between tokens, in elements. */
export interface CacheUse {
  /** Elements added per token. */
  readonly perToken: number;
  /** Most tokens kept (a window); `null`: all of them. */
  readonly maxTokens: number | null;
  /** Elements kept whatever the length (recurrent state). */
  readonly constant: number;
  /** What is kept is not keys and values but what they are made from. */
  readonly isLatent?: true;
}

/** A settings block of the language: a component, or one of `model`, `layer`, `data`, `train`. */
export interface Definition<F extends Fields = Fields, S extends SlotUses = SlotUses> {
  /** The word in the language. */
  readonly word: string;
  /** One sentence. */
  readonly doc: string;
  readonly fields: F;
  readonly slots: S;
}

/** The settings of a component, nested components included. */
export type Settings<F extends Fields, S extends SlotUses> = ConfigOf<F> & { readonly [K in keyof S]: Instance };

/** A component of the registry: one file under `components/`, and everything known about it. */
export interface Component<
  SlotName extends Slot = Slot,
  F extends Fields = Fields,
  S extends SlotUses = SlotUses,
  WeightName extends string = string,
> extends Definition<F, S> {
  readonly slot: SlotName;
  /** A short name for people: "Grouped-query attention". */
  readonly title: string;
  readonly paper?: { readonly title: string; readonly url: string };
  /** A line or two of the language that uses it. */
  readonly example: string;
  /** The table of its tensors. */
  weights(config: Settings<F, S>, ambient: Ambient): readonly Weight<WeightName>[];
  /** Forward FLOPs per token that no weight explains (scores, scans), averaged over a full context. */
  stateFlops?(config: Settings<F, S>, ambient: Ambient): number;
  cache?(config: Settings<F, S>, ambient: Ambient): CacheUse;
  /** Elements per token that the backward pass needs kept. */
  activations?(config: Settings<F, S>, ambient: Ambient): number;
  /** Names of the running averages that an optimizer keeps for a tensor, each of the tensor's own size. */
  averages?(config: Settings<F, S>, tensor: PlacedWeight): readonly string[];
}

/** A component whose settings are not statically known: what a loop over the registry sees. */
export interface AnyComponent extends Definition {
  readonly slot: Slot;
  readonly title: string;
  readonly paper?: { readonly title: string; readonly url: string };
  readonly example: string;
  weights(config: Config, ambient: Ambient): readonly Weight[];
  stateFlops?(config: Config, ambient: Ambient): number;
  cache?(config: Config, ambient: Ambient): CacheUse;
  activations?(config: Config, ambient: Ambient): number;
  averages?(config: Config, tensor: PlacedWeight): readonly string[];
}

/** Declares a component; infers its settings and the names of its tensors. */
export function defineComponent<
  const SlotName extends Slot,
  const F extends Fields,
  WeightName extends string = never,
  const S extends SlotUses = Record<never, never>,
>(component: {
  readonly slot: SlotName;
  readonly word: string;
  readonly title: string;
  readonly doc: string;
  readonly paper?: { readonly title: string; readonly url: string };
  readonly example: string;
  readonly fields: F;
  readonly slots?: S;
  readonly weights?: (config: Settings<NoInfer<F>, NoInfer<S>>, ambient: Ambient) => readonly Weight<WeightName>[];
  readonly stateFlops?: (config: Settings<NoInfer<F>, NoInfer<S>>, ambient: Ambient) => number;
  readonly cache?: (config: Settings<NoInfer<F>, NoInfer<S>>, ambient: Ambient) => CacheUse;
  readonly activations?: (config: Settings<NoInfer<F>, NoInfer<S>>, ambient: Ambient) => number;
  readonly averages?: (config: Settings<NoInfer<F>, NoInfer<S>>, tensor: PlacedWeight) => readonly string[];
}): Component<SlotName, F, S, WeightName> {
  return { weights: () => [], ...component, slots: component.slots ?? ({} as S) };
}

/** Declares a tensor. */
export const weight = <const Name extends string>(name: Name, rest: Omit<Weight, 'name'>): Weight<Name> => ({
  name,
  ...rest,
});

/** True for tensors that an optimizer changes. */
export const isTrained = (tensor: Pick<Weight, 'role' | 'trainable' | 'tiedTo'>): boolean =>
  tensor.tiedTo === undefined && tensor.role !== 'buffer' && tensor.trainable !== false;

/** Number of elements of a tensor. */
export const elementsOf = (tensor: Pick<Weight, 'shape'>): number =>
  Object.values(tensor.shape).reduce((product, size) => product * size, 1);

/** Elements of a tensor that one token uses: a whole number, although `active` is a rounded share. */
export const activeElementsOf = (tensor: Pick<Weight, 'shape' | 'active'>): number =>
  Math.round(elementsOf(tensor) * (tensor.active ?? 1));

/** Mean number of positions that a token sees at this context: causal, at most `window` of them, none before its `chunk`. */
export function meanVisible(context: number, window: number | null, chunk: number | null = null): number {
  const piece = Math.min(chunk ?? context, context);
  const rest = context % piece;
  return (((context - rest) / piece) * visiblePairs(piece, window) + visiblePairs(rest, window)) / context;
}

/** Pairs of a token and one it sees in a text of this length: token i (from 1) sees min(i, span), a triangle, then a rectangle. */
function visiblePairs(length: number, window: number | null): number {
  const span = window === null ? length : Math.min(window, length);
  return (span * (span + 1)) / 2 + (length - span) * span;
}
