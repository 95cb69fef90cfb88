import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createModel, type Model } from '../../../src/engine/model';
import { createOptimizer } from '../../../src/engine/optimizers/optimizers';
import { describeOnBackends } from '../../support/backends';
import { largestDifference } from '../../support/lessons';
import { buildSpec, type LayerSketch, nested, type Sketch, use } from '../../support/specs';

/**
 * The optimizers against those of PyTorch in double precision, on tensors of every kind and made-up gradients:
 * test/oracles/record-optimizers.py wrote what is expected.
 */
const recorded: {
  readonly steps: number;
  readonly results: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
} = JSON.parse(readFileSync(join(__dirname, '../../fixtures/optimizers.json'), 'utf8'));

const moe = use('ffn.moe', { experts: 3, top_k: 2, width: 4, bias: true, router: nested('router.sigmoid') });
const attentive: LayerSketch = { attention: use('attention.gqa', { heads: 2, bias: 'qkv' }), ffn: moe };
const scan: LayerSketch = { mixer: use('mixer.mamba1', { inner: 10, state: 3, rank: 2 }) };
const spec = buildSpec({ vocab: 12, context: 8, hidden: 6, tied: false, layers: { attentive, scan } });

const adamw = { betas: [0.8, 0.9], epsilon: 1e-6, weight_decay: 0.5 };
/** The same settings as in the script, by the names of its cases. */
const cases: Readonly<Record<string, Sketch>> = {
  adamw: use('optimizer.adamw', { lr: 0.01, ...adamw }),
  'adamw, no_embeddings': use('optimizer.adamw', { lr: 0.01, ...adamw, decay: 'no_embeddings' }),
  'adamw, all': use('optimizer.adamw', { lr: 0.01, ...adamw, decay: 'all' }),
  sgd: use('optimizer.sgd', { lr: 0.1, weight_decay: 0.2 }),
  'sgd, nesterov': use('optimizer.sgd', { lr: 0.1, nesterov: true, weight_decay: 0.2 }),
  'sgd, no momentum': use('optimizer.sgd', { lr: 0.1, momentum: 0, weight_decay: 0.2 }),
  muon: use('optimizer.muon', { lr: 0.02, momentum: 0.9, adamw_lr: 0.01, ...adamw }),
  'muon, original': use('optimizer.muon', {
    ...{ lr: 0.02, momentum: 0.9, adamw_lr: 0.01, ...adamw },
    scale: 'original',
    nesterov: false,
  }),
};

/** The numbers of the script: weights are step 0, then the gradients. */
const numbersOf = (size: number, index: number, step: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => {
    return Math.cos(0.37 * i * i + 1.7 * index + 0.9 * step) * (step === 0 ? 0.1 : 0.3 / step);
  });

function updated(model: Model, { id, settings }: Sketch): ReadonlyMap<string, Float32Array> {
  const paths = Object.keys(recorded.results.adamw ?? {});
  const variables = paths.map(path => {
    const found = model.trainable.get(path);
    if (found === undefined) throw new Error(`Expected a trainable tensor, got '${path}'.`);
    return found;
  });
  for (const [index, path] of paths.entries())
    model.writeWeight(path, numbersOf(variables[index]?.size ?? 0, index, 0));
  const optimizer = createOptimizer(nested(id, settings) as never, model);
  const learningRate = settings.lr as number;
  for (let step = 1; step <= recorded.steps; step++) {
    const gradients = new Map<string, Tensor>();
    for (const [index, path] of paths.entries()) {
      const { size, shape } = variables[index] ?? { size: 0, shape: [] };
      // The factor gives back what is taken here.
      gradients.set(
        path,
        tensor(
          numbersOf(size, index, step).map(value => 4 * value),
          shape,
        ),
      );
    }
    optimizer.update(gradients, { learningRate: learningRate / step, gradientScale: 0.25 });
    for (const gradient of gradients.values()) gradient.dispose();
  }
  optimizer.dispose();
  return new Map(paths.map(path => [path, model.readWeight(path)]));
}

describeOnBackends('the optimizers of PyTorch', () => {
  it.each(Object.entries(cases))('%s', (name, sketch) => {
    const model = createModel(spec, { seed: 1 });
    const expected = recorded.results[name] ?? {};
    const actual = updated(model, sketch);
    expect(actual.size).toBe(13);
    for (const [path, values] of actual)
      expect(largestDifference(values, expected[path] ?? []), path).toBeLessThan(2e-6);
    model.dispose();
  });
});

describe('what was recorded', () => {
  it('holds every case', () => expect(Object.keys(recorded.results)).toEqual(Object.keys(cases)));
});
