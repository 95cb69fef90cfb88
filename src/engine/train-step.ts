import { balanceExperts, collectExpertLoads, type ExpertLoads } from './balance-experts';
import { addGradients, disposeGradients, type Gradients, gradientNorm } from './gradients';
import type { LessonBatch, Model } from './model';
import type { Precision } from './ops/bfloat16';
import type { Optimizer } from './optimizers/optimizer';

export interface TrainStepSettings {
  readonly learningRate: number;
  /** Largest norm of the averaged gradient; `null` takes it as it is. */
  readonly clip: number | null;
  readonly precision: Precision;
  /** Weight of the loss of the multi-token prediction modules; 0 when left out. */
  readonly mtpWeight?: number;
}

export interface TrainStepResult {
  /** Mean over the batches, before the update. */
  readonly loss: number;
  /** Norm of the averaged gradient before clipping. */
  readonly gradientNorm: number;
  /** False when loss or norm were not finite: then nothing was changed. */
  readonly updated: boolean;
  /** Tokens that each expert got, by the path of its layer; empty for dense models. */
  readonly expertLoads: ExpertLoads;
}

/**
 * One optimizer step: the gradient is averaged over the batches, scaled down to `clip` if it is longer (Pascanu et al.
 * 2013), and applied. A step whose loss or gradient is not finite leaves model and optimizer untouched.
 */
export function trainStep(
  model: Model,
  optimizer: Optimizer,
  batches: readonly LessonBatch[],
  { learningRate, clip, precision, mtpWeight = 0 }: TrainStepSettings,
): TrainStepResult {
  let total: Gradients = new Map();
  try {
    const { loads: expertLoads, listen } = collectExpertLoads();
    let lossSum = 0;
    for (const batch of batches) {
      const { loss, gradients } = model.lossAndGradients(batch, { precision, mtpWeight, onExpertLoad: listen });
      lossSum += loss;
      total = addGradients(total, gradients);
    }
    const loss = lossSum / batches.length;
    const norm = gradientNorm(total) / batches.length;
    const updated = Number.isFinite(loss) && Number.isFinite(norm);
    if (updated) {
      const gradientScale = clipScale(norm, clip) / batches.length;
      optimizer.update(total, { learningRate, gradientScale, precision });
      balanceExperts(model, expertLoads);
    }
    return { loss, gradientNorm: norm, updated, expertLoads };
  } finally {
    disposeGradients(total);
  }
}

/** Factor that brings a gradient of this norm down to `clip`. */
export const clipScale = (norm: number, clip: number | null): number =>
  clip !== null && norm > clip ? clip / norm : 1;
