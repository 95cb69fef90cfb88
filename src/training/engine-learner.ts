import { join } from 'node:path';
import type { ExperimentSpec } from '../architecture/model';
import { createModel, type Model } from '../engine/model';
import { createOptimizer } from '../engine/optimizers/optimizers';
import { trainStep } from '../engine/train-step';
import { openSafetensors, type SafetensorsSource, writeSafetensors } from '../exchange/safetensors';
import { modelFile } from '../runs/checkpoints';
import { optimizerFile } from './checkpoint';
import type { Learner } from './learner';

/** Makes the model and the optimizer of a spec on the current backend, freshly drawn from the seed. */
export function createEngineLearner({ model: spec, train }: ExperimentSpec): Learner & { readonly model: Model } {
  const model = createModel(spec, { seed: train.seed });
  const optimizer = createOptimizer(train.optimizer, model);
  const { precision, mtpWeight = 0.3 } = train;
  return {
    model,
    step: (batches, settings) => trainStep(model, optimizer, batches, { ...settings, precision, mtpWeight }),
    lossOf: batch => model.loss(batch, { precision }),
    async save(folder) {
      await writeSafetensors(
        join(folder, modelFile),
        model.table.map(
          (weight): SafetensorsSource => ({
            name: weight.path,
            shape: Object.values(weight.shape),
            dtype: 'F32',
            read: () => model.readWeight(weight.path),
          }),
        ),
        { format: 'supra', model: spec.name },
      );
      await writeSafetensors(
        join(folder, optimizerFile),
        optimizer.state.map(
          ({ name, shape }): SafetensorsSource => ({
            name,
            shape,
            dtype: 'F32',
            read: () => optimizer.readState(name),
          }),
        ),
        { format: 'supra', optimizer: train.optimizer.id, steps: String(optimizer.steps) },
      );
    },
    async load(folder) {
      await loadModelWeights(model, folder);
      const file = await openSafetensors(join(folder, optimizerFile));
      try {
        for (const { name } of optimizer.state) optimizer.writeState(name, await file.floats(name));
        const steps = Number(file.metadata.steps);
        if (!Number.isInteger(steps) || steps < 0) throw new Error(`Expected a number of steps, got ${steps}.`);
        optimizer.restoreSteps(steps);
      } finally {
        await file.close();
      }
    },
    dispose() {
      optimizer.dispose();
      model.dispose();
    },
  };
}

/** Fills a model with the weights of a checkpoint. Throws when a tensor is missing or has another size. */
export async function loadModelWeights(model: Model, folder: string): Promise<void> {
  const file = await openSafetensors(join(folder, modelFile));
  try {
    for (const { path } of model.table) model.writeWeight(path, await file.floats(path));
  } finally {
    await file.close();
  }
}
