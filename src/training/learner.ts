import type { Batch } from '../data/training-batches';
import type { ExpertLoads } from '../engine/balance-experts';

/** A model under training, as the loop sees it. The loop knows no tensor; tests drive it with numbers. */
export interface Learner {
  /**
   * One optimizer step with the mean gradient over the batches, scaled down to the norm `clip`. A step whose loss or
   * gradient is not finite changes nothing.
   */
  step(
    batches: readonly Batch[],
    settings: { readonly learningRate: number; readonly clip: number | null },
  ): {
    /** Mean over the batches in nats, before the step. */
    readonly loss: number;
    /** Of the mean gradient, before clipping. */
    readonly gradientNorm: number;
    /** Tokens that each expert got in all batches; empty for a model without experts. */
    readonly expertLoads: ExpertLoads;
  };
  /** Mean loss of a batch in nats, without learning from it. */
  lossOf(batch: Batch): number;
  /** Writes weights and optimizer state into a folder, durably. */
  save(folder: string): Promise<void>;
  /** Reads what `save` wrote. Throws when the files do not fit this model. */
  load(folder: string): Promise<void>;
  dispose(): void;
}
