import { expect, it } from 'vitest';
import { countParameters, modelWeights } from '../../src/architecture/model';
import { disposeGradients } from '../../src/engine/gradients';
import { createModel, type Model } from '../../src/engine/model';
import { describeOnBackends } from '../support/backends';
import { type Golden, readGolden } from '../support/golden';
import { goldenSpecs } from '../support/golden-specs';

// Tolerances of ../fixtures/golden/README.md for an fp32 implementation.
const tolerance = { logits: 3e-5, loss: 1e-5, gradientShare: 1e-4, gradientFloor: 1e-7, noise: 1e-6, trajectory: 5e-5 };

describeOnBackends('models of transformers, reproduced', backend => {
  it.each(Object.keys(goldenSpecs))('%s', async family => {
    const spec = goldenSpecs[family];
    if (spec === undefined) throw new Error(`Expected a spec for ${family}.`);
    const golden = await readGolden(family, spec);
    expect(golden.unknownNames).toEqual([]);
    expect(countParameters(modelWeights(spec))).toBe(golden.parameters);
    const model = createModel(spec, { weights: golden.weights });
    try {
      const worst = { ...firstPass(model, golden), trajectory: trajectory(model, golden) };
      if (process.env.SUPRA_SHOW_GOLDEN) console.log(backend, family, JSON.stringify(worst));
      expect(worst.logits).toBeLessThanOrEqual(tolerance.logits);
      expect(worst.loss).toBeLessThanOrEqual(tolerance.loss);
      expect(worst.gradient, worst.worstGradient).toBeLessThanOrEqual(1);
      expect(worst.trajectory).toBeLessThanOrEqual(tolerance.trajectory);
    } finally {
      model.dispose();
    }
  });
});

/** Largest differences of logits, loss and gradients; gradients as a share of what is allowed. */
function firstPass(model: Model, golden: Golden) {
  const lesson = lessonOf(golden);
  const { loss, gradients } = model.lossAndGradients(lesson);
  let gradient = 0;
  let worstGradient = 'none';
  expect([...gradients.keys()].sort()).toEqual([...golden.gradients.keys()].sort());
  for (const [path, expected] of golden.gradients) {
    const actual = gradients.get(path)?.dataSync<'float32'>() ?? new Float32Array();
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const share = golden.zeroInTheory.has(path)
      ? largestOf(actual) / tolerance.noise
      : largestDifference(actual, expected) / (tolerance.gradientShare * largest + tolerance.gradientFloor);
    if (!(share <= gradient)) [gradient, worstGradient] = [share, path];
  }
  disposeGradients(gradients);
  return {
    logits: largestDifference(model.logits(lesson), golden.logits),
    loss: Math.abs(loss - golden.loss),
    evaluated: Math.abs(model.loss(lesson) - loss),
    gradient,
    worstGradient,
  };
}

/** Largest difference of the losses after each step of plain gradient descent on the same batch. */
function trajectory(model: Model, golden: Golden): number {
  const lesson = lessonOf(golden);
  return golden.lossesAfterStep.reduce((worst, expected) => {
    const { gradients } = model.lossAndGradients(lesson);
    for (const [path, gradient] of gradients) {
      const slope = gradient.dataSync<'float32'>();
      model.writeWeight(
        path,
        model.readWeight(path).map((value, index) => value - golden.learningRate * (slope[index] ?? Number.NaN)),
      );
    }
    disposeGradients(gradients);
    return Math.max(worst, Math.abs(model.loss(lesson) - expected));
  }, 0);
}

/** Every token is asked for the next one; the last of each sequence for nothing. */
const lessonOf = ({ batch, seq, inputs }: Golden) => ({
  batch,
  seq,
  inputs,
  targets: inputs.map((_, index) => ((index + 1) % seq === 0 ? -1 : (inputs[index + 1] ?? -1))),
});

const largestOf = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function largestDifference(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  return largestOf(actual.map((value, index) => value - (expected[index] ?? Number.NaN)));
}
