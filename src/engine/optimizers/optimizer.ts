import type { IdOf, SettingsOf } from '../../architecture/registry';
import type { Gradients } from '../gradients';
import type { Model } from '../model';

/** What one update needs beside the gradients. */
export interface UpdateSettings {
  /** From the schedule; replaces the peak rate of the settings. */
  readonly learningRate: number;
  /** Factor on every gradient: clipping and averaging over batches. */
  readonly gradientScale: number;
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

/** Makes the optimizer of one component for a model. */
export type CreateOptimizer<Id extends IdOf<'optimizer'>> = (settings: SettingsOf<Id>, model: Model) => Optimizer;
