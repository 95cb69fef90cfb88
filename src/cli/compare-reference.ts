import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { isParameter } from '../architecture/model';
import { disposeGradients, type Gradients } from '../engine/gradients';
import type { LessonBatch, Model } from '../engine/model';
import { loadNamed, type NamedTensors } from '../exchange/hugging-face/load-named';
import { openSafetensors } from '../exchange/safetensors';
import { CliError } from './cli-error';

/** What an fp32 implementation may differ by (shared reference fixtures, README). */
const tolerance = { logits: 3e-5, loss: 1e-5, gradientShare: 1e-4, gradientFloor: 1e-7, noise: 1e-6, trajectory: 5e-5 };

/** Largest differences between the engine and recorded outputs of the same weights. */
export interface Comparison {
  readonly logits: number;
  readonly loss: number;
  /** Relative to the largest entry of its tensor. */
  readonly gradients: number;
  readonly worstGradient: string;
  /** How many recorded gradients were compared. */
  readonly comparedGradients: number;
  readonly sgdLosses: number;
  readonly withinTolerance: boolean;
}

const metaSchema = v.object({
  sgd: v.object({ learning_rate: v.number(), losses_after_step: v.array(v.number()) }),
  gradients: v.optional(v.object({ zero_in_theory: v.optional(v.array(v.string()), []) }), {}),
});

const recordingFiles = ['io.safetensors', 'meta.json'] as const;

/** Whether a folder holds what `compareReference` reads. Throws a CliError where it holds a part of it. */
export function hasReference(folder: string): boolean {
  const there = recordingFiles.filter(file => existsSync(join(folder, file)));
  if (there.length !== 1) return there.length > 0;
  const lacking = recordingFiles.find(file => file !== there[0]);
  throw new CliError(
    `${folder} has ${there[0]} but no ${lacking}. A recording is both: add the other, or remove this one.`,
  );
}

/**
 * Runs a model on recorded inputs and compares logits, loss, every gradient, and the losses of plain gradient descent. Throws a
 * CliError or a SafetensorsError when the recording is damaged or of another model.
 */
export async function compareReference(folder: string, model: Model, modelType: string): Promise<Comparison> {
  const meta = readMeta(join(folder, 'meta.json'));
  const io = await openSafetensors(join(folder, 'io.safetensors'));
  try {
    const [batch = 1, seq = 1] = io.entries.get('input_ids')?.shape ?? [];
    const inputs = Int32Array.from(await io.integers('input_ids'));
    const { vocab } = model.spec;
    const strange = inputs.find(id => !(id >= 0 && id < vocab));
    if (strange !== undefined)
      throw new CliError(`io.safetensors has the token ${strange}, and the model knows 0 to ${vocab - 1}.`);
    const lesson: LessonBatch = {
      batch,
      seq,
      inputs,
      targets: inputs.map((_, index) => ((index + 1) % seq === 0 ? -1 : (inputs[index + 1] ?? -1))),
    };
    const logits = largestDifference(model.logits(lesson), await io.floats('logits'));
    const expectedLoss = (await io.floats('loss'))[0] ?? Number.NaN;
    const first = model.lossAndGradients(lesson);
    const loss = Math.abs(first.loss - expectedLoss);
    const expected = await loadNamed(model.spec, modelType, io, 'grad.');
    expectKnownGradients([...io.entries.keys()], expected);
    const worst = compareGradients(first.gradients, expected, new Set(meta.gradients.zero_in_theory ?? []), model);
    const sgdLosses = descend(model, lesson, first.gradients, meta.sgd);
    const withinTolerance =
      logits <= tolerance.logits && loss <= tolerance.loss && worst.allowed <= 1 && sgdLosses <= tolerance.trajectory;
    return {
      logits,
      loss,
      gradients: worst.share,
      worstGradient: worst.name,
      comparedGradients: expected.size,
      sgdLosses,
      withinTolerance,
    };
  } finally {
    await io.close();
  }
}

function readMeta(path: string): v.InferOutput<typeof metaSchema> {
  try {
    return v.parse(metaSchema, JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new CliError(`${path} is no recording: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A recorded gradient that nothing is compared with would pass unseen. */
function expectKnownGradients(names: readonly string[], known: NamedTensors): void {
  const found = new Set([...known.values()].map(({ name }) => `grad.${name}`));
  const unknown = names.find(name => name.startsWith('grad.') && !found.has(name));
  if (unknown !== undefined) throw new CliError(`io.safetensors has ${unknown}, and the model has no such tensor.`);
}

interface Worst {
  /** Difference by the largest entry. */
  readonly share: number;
  /** Difference by what is allowed. */
  readonly allowed: number;
  readonly name: string;
}

function compareGradients(
  gradients: Gradients,
  expected: NamedTensors,
  zeroInTheory: ReadonlySet<string>,
  model: Model,
): Worst {
  let worst: Worst = { share: 0, allowed: 0, name: 'none' };
  for (const entry of model.table) {
    const known = expected.get(entry.path);
    const gradient = gradients.get(entry.path)?.dataSync<'float32'>();
    if (known === undefined) continue;
    if (gradient === undefined) {
      if (isParameter(entry)) return { share: 1, allowed: Number.POSITIVE_INFINITY, name: known.name };
      continue;
    }
    const largest = largestOf(known.data);
    // What is nothing but rounding noise there has no size to be relative to.
    const isNoise = zeroInTheory.has(known.name);
    const difference = isNoise ? largestOf(gradient) : largestDifference(gradient, known.data);
    const limit = isNoise ? tolerance.noise : tolerance.gradientShare * largest + tolerance.gradientFloor;
    const allowed = difference / limit;
    if (!(allowed <= worst.allowed))
      worst = { share: isNoise ? 0 : difference / (largest || 1), allowed, name: known.name };
  }
  return worst;
}

/** The largest difference of the losses after each step of plain descent. Frees the gradients. */
function descend(
  model: Model,
  lesson: LessonBatch,
  first: Gradients,
  sgd: { readonly learning_rate: number; readonly losses_after_step: readonly number[] },
): number {
  let gradients = first;
  let worst = 0;
  for (const [step, expected] of sgd.losses_after_step.entries()) {
    for (const [path, gradient] of gradients) {
      const slope = gradient.dataSync<'float32'>();
      model.writeWeight(
        path,
        model.readWeight(path).map((value, index) => value - sgd.learning_rate * (slope[index] ?? Number.NaN)),
      );
    }
    disposeGradients(gradients);
    const isLast = step === sgd.losses_after_step.length - 1;
    const next = isLast
      ? { loss: model.loss(lesson), gradients: new Map() as Gradients }
      : model.lossAndGradients(lesson);
    worst = Math.max(worst, Math.abs(next.loss - expected));
    gradients = next.gradients;
  }
  return worst;
}

function largestDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let index = 0; index < actual.length; index++) {
    const difference = Math.abs((actual[index] ?? Number.NaN) - (expected[index] ?? Number.NaN));
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return worst;
}

const largestOf = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
