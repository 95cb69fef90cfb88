import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Ambient, Config } from '../../architecture/component';
import type { IdOf, SettingsOf, WeightNameOf } from '../../architecture/registry';
import type { Precision } from '../ops/bfloat16';

/** Slots whose components work on tensors inside a model. */
export type TensorSlot = 'embedding' | 'position' | 'norm' | 'attention' | 'mixer' | 'ffn' | 'head';
export type TensorComponentId = IdOf<TensorSlot>;

/**
 * The tensor code of one component: what its slot asks for, with the settings and the tensors of exactly this component.
 * A layer that reads a tensor which its table does not declare does not compile.
 */
export type Layer<Id extends TensorComponentId> = Operations<
  SettingsOf<Id>,
  WeightNameOf<Id>
>[Id extends `${infer Slot extends TensorSlot}.${string}` ? Slot : never];

/** A layer whose component is not statically known: what the model's loop over branches sees. */
export type AnyLayer<Slot extends TensorSlot> = Operations<Config, string>[Slot];

/** What a layer of each slot does. Shapes in the words of the engine; `hidden` is [batch, seq, hidden]. */
interface Operations<Settings, Name extends string> {
  embedding: {
    /** Token ids, int32 [batch, seq], to the vectors that enter the first layer. */
    embed(ids: Tensor2D, scope: Scope<Settings, Name>): Tensor3D;
  };
  position: {
    /** Marks positions once, on the vectors that enter the first layer. */
    add(hidden: Tensor3D, scope: Scope<Settings, Name>): Tensor3D;
    /** Marks positions on queries or keys, [batch, seq, heads, headDim]; `interleaved` overrides the order of the pairs. */
    rotate(x: Tensor4D, scope: Scope<Settings, Name>, interleaved?: boolean): Tensor4D;
    /** Factor on attention scores that the signal asks for; 1 when left out. Latent attention heeds it. */
    scoreFactor?(scope: Scope<Settings, Name>): number;
  };
  norm: { normalize(x: Tensor3D, scope: Scope<Settings, Name>): Tensor3D };
  attention: { mix(x: Tensor3D, scope: MixingScope<Settings, Name>): Tensor3D };
  mixer: { mix(x: Tensor3D, scope: MixingScope<Settings, Name>): Tensor3D };
  ffn: { feed(x: Tensor3D, scope: Scope<Settings, Name>): Tensor3D };
  /** Heads read states as rows: [tokens, hidden]. */
  head: {
    /** Scores of every token of the vocabulary: [tokens, vocab]. */
    logits(x: Tensor2D, scope: Scope<Settings, Name>): Tensor2D;
    /** Mean cross-entropy in nats, a scalar; targets int32 [tokens], -1 where there is none. Stores no full logits. */
    loss(x: Tensor2D, targets: Tensor1D, scope: Scope<Settings, Name>): Tensor;
    /** Cross-entropy of every token, [tokens]. */
    tokenLosses(x: Tensor2D, targets: Tensor1D, scope: Scope<Settings, Name>): Tensor1D;
  };
}

/** What every layer is given besides its input. */
export interface Scope<Settings, Name extends string> {
  readonly config: Settings;
  readonly ambient: Ambient;
  readonly weights: Weights<Name>;
  readonly pass: Pass;
  /** Where the component stands in the model: `layers.3.ffn`. */
  readonly path: string;
}

/** What layers that mix tokens are given on top. */
export interface MixingScope<Settings, Name extends string> extends Scope<Settings, Name> {
  /** The position signal of this branch; `interleaved` overrides the order of the pairs that turn. */
  rotate(x: Tensor4D, interleaved?: boolean): Tensor4D;
  /** Factor on the scores that the position signal asks for (YaRN in latent attention). */
  readonly scoreFactor: number;
  /** What this layer kept of earlier tokens while decoding; `null` in a pass over whole sequences. */
  readonly memory: Memory | null;
}

/** One run through the model. */
export interface Pass {
  readonly precision: Precision;
  /** Gradients will be asked for. */
  readonly training: boolean;
  /** Position of the first token. */
  readonly offset: number;
  /** Tensors that depend on settings only, made once per model: `make` runs when `key` is new. */
  constants(key: string, make: () => readonly Tensor2D[]): readonly Tensor2D[];
  /** Told by every mixture of experts: its path, and how many tokens each expert got. */
  readonly onExpertLoad?: ExpertLoadListener;
}

export type ExpertLoadListener = (path: string, tokens: Int32Array) => void;

interface TensorOfRank {
  readonly 1: Tensor1D;
  readonly 2: Tensor2D;
  readonly 3: Tensor3D;
  readonly 4: Tensor4D;
}

/** The tensors of one component, by the names in its table. */
export interface Weights<Name extends string> {
  /** A tensor that these settings always have. */
  get<Rank extends keyof TensorOfRank>(name: Name, rank: Rank): TensorOfRank[Rank];
  /** A tensor that depends on the settings; `null` when they leave it out. */
  find<Rank extends keyof TensorOfRank>(name: Name, rank: Rank): TensorOfRank[Rank] | null;
}

/** Tensors that one layer keeps between decoding steps, by name. */
export interface Memory {
  get(name: string): Tensor | null;
  /** Takes over a copy of `tensor` and frees the one before. */
  set(name: string, tensor: Tensor): void;
}
