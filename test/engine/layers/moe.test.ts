import { type Tensor3D, tensor3d, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { ModelSpec } from '../../../src/architecture/model';
import type { SettingsOf } from '../../../src/architecture/registry';
import { createRandom } from '../../../src/base/random';
import { disposeGradients } from '../../../src/engine/gradients';
import { moeLayer } from '../../../src/engine/layers/ffn/moe';
import { createModel } from '../../../src/engine/model';
import { createVariables, type ModelVariables } from '../../../src/engine/variables';
import { describeOnBackends } from '../../support/backends';
import { specOf } from '../../support/written-specs';
import { mixtureOracle } from './moe-oracle';

/** A model of one layer that holds nothing but this mixture. */
const modelOf = (ffn: string): ModelSpec =>
  specOf(`
model mixture {
  vocab = 32
  context = 16
  hidden = 12
  init_std = 0.7
  layer block {
    ${ffn}
  }
  layers = block
}`);

const mixtures: Readonly<Record<string, string>> = {
  'Mixtral: softmax, renormalized': 'ffn moe { experts = 5  top_k = 2  width = 10 }',
  'softmax as it is': 'ffn moe { experts = 5  top_k = 3  width = 10  router softmax { renormalize = false } }',
  'GPT-OSS: biases, clamped, router with bias':
    'ffn moe { experts = 4  top_k = 2  width = 7  bias = true  clamp = 0.8  router softmax { bias = true } }',
  'Grok: softcap, dense beside':
    'ffn moe { experts = 4  width = 7  activation = gelu_tanh  dense_width = 9  router softmax { softcap = 1.5  renormalize = false } }',
  'DeepSeek V3: sigmoid, groups, shared':
    'ffn moe { experts = 8  top_k = 3  width = 6  shared = 2  router sigmoid { groups = 4  top_groups = 2  scale = 2.5 } }',
  'Nemotron: no gate, squared relu, wide shared expert':
    'ffn moe { experts = 6  top_k = 3  width = 5  gated = false  activation = relu2  shared = 1  shared_width = 11  router sigmoid { scale = 2.5 } }',
  'Qwen3-Next: gated shared expert': 'ffn moe { experts = 6  top_k = 2  width = 5  shared = 1  shared_gate = true }',
  'Llama 4: scaled input': 'ffn moe { experts = 4  top_k = 1  width = 8  shared = 1  router input }',
  'scaled input, several experts': 'ffn moe { experts = 4  top_k = 3  width = 8  router input }',
  'one expert': 'ffn moe { experts = 1  top_k = 1  width = 8 }',
};

/** Fresh weights, also where a new model starts at zero: biases and corrections must show. */
function variablesOf(spec: ModelSpec): ModelVariables {
  const variables = createVariables(spec, { seed: 4 });
  const random = createRandom(9);
  for (const { path, init } of variables.table) {
    if (init.kind === 'constant')
      variables.write(
        path,
        variables.read(path).map(() => random.normal() * 0.5),
      );
  }
  return variables;
}

const [batch, seq, hidden] = [2, 9, 12];
const input = (): Float32Array => {
  const random = createRandom(5);
  return Float32Array.from({ length: batch * seq * hidden }, () => random.normal());
};

describeOnBackends('mixture of experts', () => {
  it.each(Object.entries(mixtures))('equals a loop over tokens: %s', (_name, text) => {
    const spec = modelOf(text);
    const variables = variablesOf(spec);
    const config = spec.kinds[0]?.branches[0]?.body.config as unknown as SettingsOf<'ffn.moe'>;
    const loads: Int32Array[] = [];
    const actual = tidy(() => {
      const x: Tensor3D = tensor3d(input(), [batch, seq, hidden]);
      const y = moeLayer.feed(x, {
        config,
        ambient: { ...spec, layers: 1, norm: { epsilon: 1e-5, unitOffset: false }, site: { of: 'final' } },
        weights: variables.at('layers.0.ffn'),
        path: 'layers.0.ffn',
        pass: {
          precision: 'fp32',
          training: false,
          offset: 0,
          constants: (_key, make) => make(),
          onExpertLoad: (_path, load) => loads.push(load),
        },
      });
      expect(y.shape).toEqual([batch, seq, hidden]);
      return y.dataSync<'float32'>().slice();
    });
    const expected = mixtureOracle(input(), hidden, config, name => variables.read(`layers.0.ffn.${name}`));
    const largest = expected.answers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expected.answers.forEach((value, index) => {
      expect(Math.abs((actual[index] ?? Number.NaN) - value)).toBeLessThan(1e-5 * Math.max(1, largest));
    });
    expect(loads.map(load => [...load])).toEqual([expected.load]);
    variables.dispose();
  });

  it.each(Object.entries(mixtures))('has the gradients of finite differences: %s', (_name, text) => {
    const spec = modelOf(text);
    const variables = variablesOf(spec);
    const weights = new Map(variables.table.map(({ path }) => [path, variables.read(path)]));
    variables.dispose();
    const model = createModel(spec, { weights });
    const random = createRandom(8);
    const ids = (low: number) => Int32Array.from({ length: 16 }, () => low + random.below(32 - low));
    const lesson = { batch: 1, seq: 16, inputs: ids(0), targets: ids(0) };
    const { gradients } = model.lossAndGradients(lesson);
    for (const [path, gradient] of gradients) {
      const slope = gradient.dataSync<'float32'>();
      const start = model.readWeight(path);
      const direction = Float32Array.from(start, () => random.normal());
      const lossAt = (step: number): number => {
        model.writeWeight(
          path,
          start.map((value, index) => value + step * (direction[index] ?? 0)),
        );
        return model.loss(lesson);
      };
      // A small step, so that no token changes its experts.
      const step = 2 ** -10;
      const numeric = (lossAt(step) - lossAt(-step)) / (2 * step);
      model.writeWeight(path, start);
      const exact = slope.reduce((sum, value, index) => sum + value * (direction[index] ?? 0), 0);
      const size = Math.max(0.1, Math.sqrt(slope.reduce((sum, value) => sum + value * value, 0)));
      expect(Math.abs(numeric - exact) / size, `${path}: ${numeric} and ${exact}`).toBeLessThan(1e-2);
    }
    disposeGradients(gradients);
    model.dispose();
  });

  it('gives the same tokens the same experts and bits, whatever stands beside them in the batch', () => {
    const model = createModel(modelOf(mixtures['Mixtral: softmax, renormalized'] ?? ''), { seed: 2 });
    const one = model.logits({ batch: 1, seq: 6, inputs: Int32Array.of(1, 2, 3, 4, 5, 6) });
    const two = model.logits({ batch: 2, seq: 6, inputs: Int32Array.of(1, 2, 3, 4, 5, 6, 9, 9, 8, 7, 3, 3) });
    expect([...two.slice(0, one.length)]).toEqual([...one]);
    model.dispose();
  });
});

describe('specs', () => {
  it('resolve with all their settings', () => {
    for (const text of Object.values(mixtures)) expect(modelOf(text).kinds).toHaveLength(1);
  });
});
