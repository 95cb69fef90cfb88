import { tidy } from '@tensorflow/tfjs-core';
import { isMuonMatrix } from '../../architecture/components/optimizer/muon';
import type { SettingsOf } from '../../architecture/registry';
import { blend, blendInto } from '../ops/blend';
import { orthogonalize } from '../ops/orthogonalize';
import { adamwUpdate } from './adamw';
import type { CreateUpdate } from './optimizer';

/**
 * Muon for the matrices of the layers: m = μ m + (1 - μ) g, p = p - lr decay p - lr scale orthogonal(m), or with Nesterov's
 * momentum orthogonal((1 - μ) g + μ m). Jordan et al. 2024; the scale that matches AdamW: Liu et al. 2025, "Muon is Scalable for
 * LLM Training". Everything else takes AdamW, at a rate of its own that follows the same schedule.
 */
export const createMuon: CreateUpdate<'optimizer.muon'> = settings => {
  const { momentum: share, nesterov, iterations, scale } = settings;
  const updateOthers = adamwUpdate(settings);
  return (tensors, update) => {
    const { learningRate, gradientScale, precision } = update;
    for (const { weight, parameter, gradient, weightDecay, average } of tensors) {
      if (!isMuonMatrix(weight)) continue;
      tidy(() => {
        const momentum = average('momentum');
        const fresh = (1 - share) * gradientScale;
        blendInto(momentum, share, [gradient, fresh]);
        const direction = nesterov ? blend([gradient, fresh], [momentum, share]) : momentum;
        const step = orthogonalize(direction, iterations, precision);
        blendInto(parameter, 1 - learningRate * weightDecay, [step, -learningRate * factorOf(scale, parameter.shape)]);
      });
    }
    const others = tensors.filter(({ weight }) => !isMuonMatrix(weight));
    updateOthers(others, { ...update, learningRate: learningRate * (settings.adamw_lr / settings.lr) });
  };
};

function factorOf(scale: SettingsOf<'optimizer.muon'>['scale'], shape: readonly number[]): number {
  const [rows = 1, columns = 1] = shape.slice(-2);
  return scale === 'original' ? Math.sqrt(Math.max(1, rows / columns)) : 0.2 * Math.sqrt(Math.max(rows, columns));
}
