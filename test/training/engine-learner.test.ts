import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { components, type IdOf } from '../../src/architecture/registry';
import { useBackend } from '../../src/engine/backends/choose-backend';
import { createModel } from '../../src/engine/model';
import { openSafetensors } from '../../src/exchange/safetensors';
import { createEngineLearner, type EngineLearner, loadModelWeights } from '../../src/training/engine-learner';
import { randomLesson } from '../support/lessons';
import { nested } from '../support/specs';
import { tempFolder } from '../support/temp-folder';
import { tinyExperiment } from '../support/tiny-experiment';

beforeAll(async () => {
  await useBackend('auto');
});

const optimizers = components.flatMap(([id, { slot }]) => (slot === 'optimizer' ? [id as IdOf<'optimizer'>] : []));
const experimentOf = (id: IdOf<'optimizer'>, ema: number | null) =>
  tinyExperiment({ train: { optimizer: nested(id) as { id: typeof id; config: object } as never, ema } });

const { model: spec } = tinyExperiment();
const held = randomLesson(spec, 2, 16, 99);

/** Trains some steps and says what every one of them saw. */
function learn(learner: EngineLearner, from: number, to: number) {
  return Array.from({ length: to - from }, (_, index) => {
    const lesson = randomLesson(spec, 2, 16, from + index);
    const { loss, gradientNorm } = learner.step([lesson], { learningRate: 1e-3, clip: 1 });
    return { loss, gradientNorm, held: learner.lossOf(held) };
  });
}

describe.each(optimizers)('a checkpoint with %s', id => {
  it.each([null, 0.9])('and ema = %s goes on bit for bit', async ema => {
    const experiment = experimentOf(id, ema);
    const whole = createEngineLearner(experiment);
    learn(whole, 0, 3);
    const folder = join(tempFolder(), 'step-3');
    mkdirSync(folder);
    await whole.save(folder);
    const expected = learn(whole, 3, 7);

    const resumed = createEngineLearner(experiment);
    await resumed.load(folder);
    expect(learn(resumed, 3, 7)).toEqual(expected);
    const again = join(tempFolder(), 'step-7');
    const straight = join(tempFolder(), 'step-7');
    for (const [learner, target] of [
      [resumed, again],
      [whole, straight],
    ] as const) {
      mkdirSync(target);
      await learner.save(target);
    }
    for (const name of ['model', 'optimizer', ...(ema === null ? [] : ['ema'])]) {
      expect(await tensorsOf(join(again, `${name}.safetensors`))).toEqual(
        await tensorsOf(join(straight, `${name}.safetensors`)),
      );
    }
    expect(existsSync(join(again, 'ema.safetensors'))).toBe(ema !== null);
    whole.dispose();
    resumed.dispose();
  });
});

describe('an average of the weights', () => {
  it('is what is validated, what samples come from and what others load', async () => {
    const learner = createEngineLearner(experimentOf('optimizer.adamw', 0.5));
    learn(learner, 0, 4);
    const folder = tempFolder();
    await learner.save(folder);
    const model = createModel(spec, { seed: 5 });
    await loadModelWeights(model, folder);
    expect(model.loss(held)).toBe(learner.lossOf(held));
    expect(await learner.judged(async () => learner.model.loss(held))).toBe(model.loss(held));
    // Training goes on from the weights themselves.
    expect(learner.model.loss(held)).not.toBe(model.loss(held));
    const raw = await tensorsOf(join(folder, 'model.safetensors'));
    expect(raw.get('embedding.table')).toEqual(learner.model.readWeight('embedding.table'));
    model.dispose();
    learner.dispose();
  });

  it('is given back when the work fails', async () => {
    const learner = createEngineLearner(experimentOf('optimizer.adamw', 0.5));
    learn(learner, 0, 2);
    const before = learner.model.loss(held);
    await expect(learner.judged(async () => Promise.reject(new Error('no paper')))).rejects.toThrow('no paper');
    expect(learner.model.loss(held)).toBe(before);
    learner.dispose();
  });
});

async function tensorsOf(path: string): Promise<ReadonlyMap<string, Float32Array>> {
  const file = await openSafetensors(path);
  const tensors = new Map<string, Float32Array>();
  for (const name of file.entries.keys()) tensors.set(name, await file.floats(name));
  await file.close();
  return tensors;
}
