import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memory, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { costsOf } from '../../src/architecture/costs';
import { countParameters, type ModelSpec, modelWeights, mtpWeights } from '../../src/architecture/model';
import { createForward, rowsOf } from '../../src/engine/forward';
import { disposeGradients, type Gradients, valueAndGradients } from '../../src/engine/gradients';
import type { Pass } from '../../src/engine/layers/layer';
import { createModel } from '../../src/engine/model';
import { createOptimizer } from '../../src/engine/optimizers/optimizers';
import { predictionLoss } from '../../src/engine/prediction-loss';
import { trainStep } from '../../src/engine/train-step';
import { createVariables } from '../../src/engine/variables';
import { openSafetensors } from '../../src/exchange/safetensors';
import { describeOnBackends } from '../support/backends';
import { readGolden } from '../support/golden';
import { goldenSpecs } from '../support/golden-specs';
import { largestDifference, randomLesson } from '../support/lessons';
import { specOf } from '../support/written-specs';

// Tolerances of ../fixtures/golden/README.md for an fp32 implementation.
const tolerance = { logits: 3e-5, loss: 1e-5, gradientShare: 1e-4, gradientFloor: 1e-7 };
const folder = join(import.meta.dirname, '..', 'fixtures', 'golden');

describeOnBackends('multi-token prediction of transformers, reproduced', () => {
  it.each(['deepseek_v3', 'glm4_moe'])('%s', async family => {
    const plain = goldenSpecs[family];
    const sparse = plain?.kinds.find(({ name }) => name === 'sparse');
    if (plain === undefined || sparse === undefined) throw new Error(`Expected a layer 'sparse' in ${family}.`);
    const spec: ModelSpec = { ...plain, mtp: [sparse] };
    const golden = await readGolden(family, plain);
    const module = await readModule(family, spec);
    expect(countParameters(mtpWeights(spec))).toBe(module.parameters);
    expect(costsOf(spec)).toMatchObject({ mtp: module.parameters, total: golden.parameters });

    const { batch, seq, inputs } = golden;
    const targets = inputs.map((_, index) => ((index + 1) % seq === 0 ? -1 : (inputs[index + 1] ?? -1)));
    const variables = createVariables(spec, { weights: new Map([...golden.weights, ...module.weights]) });
    const forward = createForward(spec, variables);
    const pass: Pass = { precision: 'fp32', training: true, offset: 0, constants: (_key, make) => make() };
    const before = memory().numTensors;
    const hiddenOf = () => forward.hidden(tensor2d(inputs, [batch, seq], 'int32'), pass, null);
    tidy(() => {
      const hidden = hiddenOf();
      expect(largestDifference(hidden.dataSync(), module.hidden)).toBeLessThanOrEqual(tolerance.logits);
      const [states] = forward.predictions(tensor2d(inputs, [batch, seq], 'int32'), hidden, pass);
      if (states === undefined) throw new Error('Expected one prediction module.');
      const logits = forward.logits(rowsOf(states), pass).dataSync();
      expect(largestDifference(logits, module.logits)).toBeLessThanOrEqual(tolerance.logits);
    });
    const trainable = new Map(
      variables.table.flatMap(({ path }) => {
        const variable = variables.get(path);
        return variable.trainable ? [[path, variable] as const] : [];
      }),
    );
    const { value, gradients } = valueAndGradients(
      () => predictionLoss(forward, tensor2d(inputs, [batch, seq], 'int32'), hiddenOf(), { batch, seq, targets }, pass),
      trainable,
    );
    expect(Math.abs((value.dataSync()[0] ?? 0) - module.loss)).toBeLessThanOrEqual(tolerance.loss);
    expectGradients(gradients, module.gradients);
    disposeGradients(gradients);
    value.dispose();
    expect(memory().numTensors).toBe(before);
    variables.dispose();
  });
});

describeOnBackends('a model with prediction modules', () => {
  const spec = specOf(`
    model two_ahead {
      vocab = 40
      context = 12
      hidden = 16
      layer block {
        norm rms
        attention gqa { heads = 2 }
        ffn moe { experts = 4  width = 8  router sigmoid { bias_update = 0.01 } }
      }
      layers = block * 2
      mtp = block * 2
    }`);
  const lesson = randomLesson(spec, 2, 9);

  it('reports the loss of the next token and lets the gradients feel the others', () => {
    const model = createModel(spec, { seed: 1 });
    const alone = model.lossAndGradients(lesson);
    const both = model.lossAndGradients(lesson, { mtpWeight: 0.5 });
    expect(both.loss).toBe(alone.loss);
    expect([...alone.gradients.keys()].filter(path => path.startsWith('mtp.'))).toEqual([]);
    const modules = model.table.filter(({ part, role }) => part === 'mtp' && role !== 'buffer');
    expect(modules.filter(({ path }) => !both.gradients.has(path))).toEqual([]);
    const table = (gradients: Gradients) => gradients.get('embedding.table')?.dataSync() ?? [];
    expect(largestDifference(table(alone.gradients), table(both.gradients))).toBeGreaterThan(1e-6);
    disposeGradients(alone.gradients);
    disposeGradients(both.gradients);
    model.dispose();
  });

  it('sees no token that it is asked for: the score of a module depends on the tokens before only', () => {
    const variables = createVariables(spec, { seed: 3 });
    const forward = createForward(spec, variables);
    const pass: Pass = { precision: 'fp32', training: false, offset: 0, constants: (_key, make) => make() };
    const statesOf = (inputs: Int32Array) =>
      tidy(() => {
        const ids = tensor2d(inputs, [2, 9], 'int32');
        return forward
          .predictions(ids, forward.hidden(ids, pass, null), pass)
          .map(states => [...states.dataSync<'float32'>()]);
      });
    // The last token of every sequence is another one.
    const changed = lesson.inputs.map((id, index) => (index % 9 === 8 ? (id + 1) % spec.vocab : id));
    const [before, after] = [statesOf(lesson.inputs), statesOf(changed)];
    for (const [module, states] of before.entries()) {
      const seq = 8 - module;
      for (let index = 0; index < states.length; index++) {
        const isLast = Math.floor(index / spec.hidden) % seq === seq - 1;
        if (!isLast) expect(after[module]?.[index]).toBe(states[index]);
      }
      expect(after[module]).not.toEqual(states);
    }
    variables.dispose();
  });

  it('trains them, balances their experts, and leaks nothing', () => {
    const model = createModel(spec, { seed: 2 });
    const optimizer = createOptimizer(
      { id: 'optimizer.adamw', config: { betas: [0.9, 0.95], epsilon: 1e-8, weight_decay: 0 } },
      model,
    );
    const settings = { learningRate: 0.01, clip: null, precision: 'fp32', mtpWeight: 0.3 } as const;
    const projection = model.readWeight('mtp.1.projection');
    trainStep(model, optimizer, [lesson], settings);
    const before = memory().numTensors;
    trainStep(model, optimizer, [lesson], settings);
    expect(memory().numTensors).toBe(before);
    expect(largestDifference(model.readWeight('mtp.1.projection'), projection)).toBeGreaterThan(1e-4);
    expect(model.readWeight('mtp.0.ffn.router_correction').some(value => value !== 0)).toBe(true);
    model.dispose();
  });

  it('takes sequences that are too short for its modules', () => {
    const model = createModel(spec, { seed: 2 });
    for (const seq of [1, 2]) {
      const { loss, gradients } = model.lossAndGradients(randomLesson(spec, 2, seq), { mtpWeight: 0.3 });
      expect(loss).toBeGreaterThan(0);
      disposeGradients(gradients);
    }
    model.dispose();
  });
});

describe('costs', () => {
  it('keep prediction modules apart from the model, and count them where they work', () => {
    const text = (mtp: string) => `
      model m { vocab = 100  hidden = 32
        layer a { norm rms  attention gqa { heads = 4 }  ffn swiglu { width = 64 } }
        layer b { norm rms  ffn swiglu { width = 48 } }
        layers = a * 3, b
        mtp = ${mtp} }`;
    const [none, one] = [costsOf(specOf(text('none'))), costsOf(specOf(text('b')))];
    expect(one).toMatchObject({ total: none.total, active: none.active, cacheElements: none.cacheElements });
    // Three norms and the layer's own, the projection, the feed-forward layer.
    expect(one.mtp).toBe(4 * 32 + 2 * 32 * 32 + 3 * 32 * 48);
    expect(none.mtp).toBe(0);
    expect(one.savedElements - none.savedElements).toBe(one.mtp);
    const products = 2 * 32 * 32 + 3 * 32 * 48 + 100 * 32;
    expect(one.trainingFlopsPerToken - none.trainingFlopsPerToken).toBe(3 * 2 * products);
    expect(one.forwardFlopsPerToken).toBe(none.forwardFlopsPerToken);
  });
});

/** The fixtures of a module, by the paths of `spec`. */
async function readModule(family: string, spec: ModelSpec) {
  const meta = JSON.parse(readFileSync(join(folder, family, 'meta.json'), 'utf8')) as {
    readonly mtp: { readonly parameters: number; readonly loss: number };
  };
  const moduleFile = await openSafetensors(join(folder, family, 'mtp.safetensors'));
  const io = await openSafetensors(join(folder, family, 'mtp_io.safetensors'));
  const weights = new Map<string, Float32Array>();
  const gradients = new Map<string, Float32Array>();
  const known = new Set<string>();
  for (const { path, hfName, part } of modelWeights(spec)) {
    if (hfName === null) continue;
    const name = part === 'mtp' ? moduleName(hfName, spec.stack.length) : hfName;
    if (part === 'mtp') {
      weights.set(path, await moduleFile.floats(name));
      known.add(name);
    }
    const gradient = `${part === 'mtp' ? 'grad' : 'main_grad'}.${name}`;
    if (io.entries.has(gradient)) gradients.set(path, await io.floats(gradient));
  }
  expect([...moduleFile.entries.keys()].filter(name => !known.has(name))).toEqual([]);
  const gradientNames = [...io.entries.keys()].filter(name => name.includes('grad.'));
  expect(gradients.size).toBe(gradientNames.length);
  const found = {
    ...meta.mtp,
    weights,
    gradients,
    hidden: await io.floats('hidden'),
    logits: await io.floats('logits'),
  };
  await moduleFile.close();
  await io.close();
  return found;
}

/** What transformers' generic module calls a tensor that checkpoints keep in layer `index`. */
function moduleName(hfName: string, index: number): string {
  const inside = hfName.slice(`model.layers.${index}.`.length);
  if (/^(enorm|hnorm|eh_proj)\./.test(inside)) return `0.${inside}`;
  return inside === 'shared_head.norm.weight' ? '0.post_norm.weight' : `0.mtp_block.${inside}`;
}

function expectGradients(actual: Gradients, expected: ReadonlyMap<string, Float32Array>): void {
  expect(new Set(actual.keys())).toEqual(new Set(expected.keys()));
  for (const [path, gradient] of expected) {
    const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const difference = largestDifference(actual.get(path)?.dataSync() ?? [], gradient);
    expect(difference, path).toBeLessThanOrEqual(tolerance.gradientShare * largest + tolerance.gradientFloor);
  }
}
