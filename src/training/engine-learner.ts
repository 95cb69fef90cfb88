import { join } from 'node:path';
import type { ExperimentSpec } from '../architecture/model';
import { createModel, type Model } from '../engine/model';
import { createOptimizer } from '../engine/optimizers/optimizers';
import { trainStep } from '../engine/train-step';
import { createWeightAverage } from '../engine/weight-average';
import { openSafetensors, type SafetensorsSource, writeSafetensors } from '../exchange/safetensors';
import { averageFile, judgedWeightsFile, modelFile } from '../runs/checkpoints';
import { optimizerFile } from './checkpoint';
import type { Learner } from './learner';

/** A learner with a real model. */
export interface EngineLearner extends Learner {
  readonly model: Model;
  /** Does something with the model as it is judged: with the average of its weights where one is kept. No step may happen meanwhile. */
  judged<T>(work: () => Promise<T>): Promise<T>;
}

/** Makes the model and the optimizer of a spec on the current backend: with the weights that are given, else freshly drawn from the seed. */
export function createEngineLearner(
  { model: spec, train }: ExperimentSpec,
  start: ReadonlyMap<string, Float32Array> | null = null,
): EngineLearner {
  const model = createModel(spec, start === null ? { seed: train.seed } : { weights: start });
  const optimizer = createOptimizer(train.optimizer, model);
  const { precision, mtpWeight = 0.3, ema = null } = train;
  const average = ema === null ? null : createWeightAverage(model, ema);
  const useAverage = (): (() => void) => average?.use() ?? (() => {});
  const weights = model.table.map(
    ({ path, shape }): SafetensorsSource => ({
      name: path,
      shape: Object.values(shape),
      dtype: 'F32',
      read: () => model.readWeight(path),
    }),
  );
  const judged = async <T>(work: () => Promise<T>): Promise<T> => {
    const giveBack = useAverage();
    try {
      return await work();
    } finally {
      giveBack();
    }
  };
  return {
    model,
    judged,
    step(batches, settings) {
      const result = trainStep(model, optimizer, batches, { ...settings, precision, mtpWeight });
      if (result.updated) average?.update(optimizer.steps);
      return result;
    },
    lossOf(batch) {
      const giveBack = useAverage();
      try {
        return model.loss(batch, { precision });
      } finally {
        giveBack();
      }
    },
    async save(folder) {
      const metadata = { format: 'supra', model: spec.name };
      await writeSafetensors(join(folder, modelFile), weights, metadata);
      if (average !== null) await judged(() => writeSafetensors(join(folder, averageFile), weights, metadata));
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
      await readTensors(join(folder, modelFile), paths(model), model.writeWeight);
      if (average !== null) await readTensors(join(folder, averageFile), average.paths, average.write);
      const names = optimizer.state.map(({ name }) => name);
      const metadata = await readTensors(join(folder, optimizerFile), names, optimizer.writeState);
      const steps = Number(metadata.steps);
      if (!Number.isInteger(steps) || steps < 0) throw new Error(`Expected a number of steps, got ${steps}.`);
      optimizer.restoreSteps(steps);
    },
    dispose() {
      average?.dispose();
      optimizer.dispose();
      model.dispose();
    },
  };
}

/**
 * Fills a model with the weights by which a checkpoint is judged, the average of a run that keeps one. Throws when a tensor is
 * missing or has another size.
 */
export async function loadModelWeights(model: Model, folder: string): Promise<void> {
  await readTensors(judgedWeightsFile(folder), paths(model), model.writeWeight);
}

const paths = ({ table }: Model): readonly string[] => table.map(({ path }) => path);

/** Hands the tensors of a file over one by one; answers with what the file says about itself. */
async function readTensors(
  path: string,
  names: readonly string[],
  write: (name: string, data: Float32Array) => void,
): Promise<Readonly<Record<string, string>>> {
  const file = await openSafetensors(path);
  try {
    for (const name of names) write(name, await file.floats(name));
    return file.metadata;
  } finally {
    await file.close();
  }
}
