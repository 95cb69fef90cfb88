import type { DataSpec } from './model';

/** A setting in which a model differs from the weights that it starts from, in words. */
export interface StartDifference {
  /** `hidden`, `attention.heads in layer 3`. */
  readonly setting: string;
  /** Its value with the weights, and in the model. */
  readonly there: string;
  readonly here: string;
  /** How many other settings differ. */
  readonly more: number;
}

/** How the weights that a run starts from fit its model; both are null when nothing differs. */
export interface StartFit {
  /** Why the weights cannot be those of the model: they have other sizes. */
  readonly misfit: StartDifference | null;
  /** What the model makes of weights that fit it, other than what they were trained for. */
  readonly otherwise: StartDifference | null;
}

/** What can be told of the weights that a run starts from without reading them. */
export interface StartFacts extends StartFit {
  /** Why they cannot be used; null when they can. */
  readonly problem: string | null;
  /** What they are, in a few words. */
  readonly title: string;
  /** What a run of ours read; null for published weights. */
  readonly data: DataSpec | null;
  /** A tokenizer lies beside them. */
  readonly hasTokenizer: boolean;
}
