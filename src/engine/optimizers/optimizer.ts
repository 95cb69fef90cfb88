import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { ModelWeight } from '../../architecture/model';
import type { IdOf, SettingsOf } from '../../architecture/registry';
import type { Gradients } from '../gradients';
import type { Precision } from '../ops/bfloat16';

/** What one update needs beside the gradients. */
export interface UpdateSettings {
  /** From the schedule; replaces the peak rate of the settings. */
  readonly learningRate: number;
  /** Factor on every gradient: clipping and averaging over batches. */
  readonly gradientScale: number;
  /** Number format of the factors of matrix products; fp32 when left out. */
  readonly precision?: Precision;
}

/** A running average of the optimizer, like the tensor of the model it belongs to. */
export interface StateTensor {
  /** Unique name and checkpoint key: `first_moment.layers.0.attention.query`. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** Changes the trainable tensors of one model in place. Free it with `dispose`. */
export interface Optimizer {
  /** Updates made so far. */
  readonly steps: number;
  /** One update. Tensors without a gradient stay as they are. Frees nothing. */
  update(gradients: Gradients, settings: UpdateSettings): void;
  /** What `readState` and `writeState` know, in a fixed order. */
  readonly state: readonly StateTensor[];
  readState(name: string): Float32Array;
  writeState(name: string, data: Float32Array): void;
  /** Continues counting from here; with all state written back, training goes on bit for bit. */
  restoreSteps(steps: number): void;
  dispose(): void;
}

/** A tensor that is being updated. All tensors in it have the same shape. */
export interface Updated {
  readonly weight: ModelWeight;
  readonly parameter: Variable;
  readonly gradient: Tensor;
  readonly weightDecay: number;
  /** A running average that the component declares for this tensor. */
  average(name: string): Variable;
}

/** Moves tensors and their averages by one update, the `step`-th, counted from 1. */
export type Update = (tensors: readonly Updated[], settings: UpdateSettings & { readonly step: number }) => void;

/** The arithmetic of one component. */
export type CreateUpdate<Id extends IdOf<'optimizer'>> = (settings: SettingsOf<Id>) => Update;
