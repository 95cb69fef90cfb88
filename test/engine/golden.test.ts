import { expect, it } from 'vitest';
import { countParameters, modelWeights } from '../../src/architecture/model';
import { disposeGradients, type Gradients } from '../../src/engine/gradients';
import { createModel, type Model } from '../../src/engine/model';
import { describeOnBackends } from '../support/backends';
import { type Golden, readGolden } from '../support/golden';
import { goldenSpecs } from '../support/golden-specs';
import { largestDifference } from '../support/lessons';

// Tolerances of ../fixtures/golden/README.md for an fp32 implementation.
const tolerance = { logits: 3e-5, loss: 1e-5, gradientShare: 1e-4, gradientFloor: 1e-7, noise: 1e-6, trajectory: 5e-5 };

describeOnBackends('models of transformers, reproduced', backend => {
  it.each(Object.entries(goldenSpecs))('%s', async (family, spec) => {
    const golden = await readGolden(family, spec);
    expect(golden.unknownNames).toEqual([]);
    expect(countParameters(modelWeights(spec))).toBe(golden.parameters);
    const model = createModel(spec, { weights: golden.weights });
    try {
      const worst = compare(model, golden);
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

/** Largest differences of logits and loss, of gradients as a share of what is allowed, and of the losses of the descent. */
function compare(model: Model, golden: Golden) {
  const lesson = lessonOf(golden);
  const logits = largestDifference(model.logits(lesson), golden.logits);
  const evaluated = model.loss(lesson);
  const first = model.lossAndGradients(lesson);
  const [gradient, worstGradient] = worstGradientOf(first.gradients, golden);
  let trajectory = 0;
  let { gradients } = first;
  for (const [step, expected] of golden.lossesAfterStep.entries()) {
    descend(model, gradients, golden.learningRate);
    const last = step === golden.lossesAfterStep.length - 1;
    const next = last ? { loss: model.loss(lesson), gradients: new Map() } : model.lossAndGradients(lesson);
    trajectory = Math.max(trajectory, Math.abs(next.loss - expected));
    gradients = next.gradients;
  }
  const loss = Math.max(Math.abs(first.loss - golden.loss), Math.abs(evaluated - golden.loss));
  return { logits, loss, gradient, worstGradient, trajectory };
}

function worstGradientOf(gradients: Gradients, golden: Golden): [share: number, path: string] {
  expect(new Set(gradients.keys())).toEqual(new Set(golden.gradients.keys()));
  let worst: [share: number, path: string] = [0, 'none'];
  for (const [path, expected] of golden.gradients) {
    const actual = gradients.get(path)?.dataSync<'float32'>() ?? new Float32Array();
    const share = golden.zeroInTheory.has(path)
      ? largestOf(actual) / tolerance.noise
      : largestDifference(actual, expected) / (tolerance.gradientShare * largestOf(expected) + tolerance.gradientFloor);
    if (!(share <= worst[0])) worst = [share, path];
  }
  return worst;
}

/** One step of plain gradient descent; frees the gradients. */
function descend(model: Model, gradients: Gradients, learningRate: number): void {
  for (const [path, gradient] of gradients) {
    const slope = gradient.dataSync<'float32'>();
    const weight = model.readWeight(path);
    model.writeWeight(
      path,
      weight.map((value, index) => value - learningRate * (slope[index] ?? Number.NaN)),
    );
  }
  disposeGradients(gradients);
}

/** Every token is asked for the next one; the last of each sequence for nothing. */
const lessonOf = ({ batch, seq, inputs }: Golden) => ({
  batch,
  seq,
  inputs,
  targets: inputs.map((_, index) => ((index + 1) % seq === 0 ? -1 : (inputs[index + 1] ?? -1))),
});

const largestOf = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
