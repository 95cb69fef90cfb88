import { expect, test } from 'vitest';
import { fromPublished, publishedLayout, publishedName, toPublished } from '../../src/exchange/hugging-face/dialects';

const layoutOf = (modelType: string, name: string) => {
  const layout = publishedLayout(modelType, `model.layers.0.mlp.experts.${name}`);
  if (layout === null) throw new Error(`Expected a layout of ${name} in ${modelType}.`);
  return layout;
};

test('GPT-OSS: input rows, gate and up take turns in the columns', () => {
  // One expert, hidden 2, width 2: published [1, hidden, 2 * width] with columns gate 0, up 0, gate 1, up 1.
  const published = Float32Array.of(10, 30, 20, 40, 11, 31, 21, 41);
  // The table has rows gate 0, gate 1, up 0, up 1, each over hidden.
  const table = [10, 11, 20, 21, 30, 31, 40, 41];
  const layout = layoutOf('gpt_oss', 'gate_up_proj');
  expect([...fromPublished(published, [1, 4, 2], layout)]).toEqual(table);
  expect(toPublished(Float32Array.from(table), [1, 4, 2], layout)).toEqual(published);
  const bias = layoutOf('gpt_oss', 'gate_up_proj_bias');
  expect([...fromPublished(Float32Array.of(1, 3, 2, 4, 5, 7, 6, 8), [2, 4], bias)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('Llama 4: input rows, gate before up', () => {
  const published = Float32Array.of(10, 20, 30, 40, 11, 21, 31, 41);
  expect([...fromPublished(published, [1, 4, 2], layoutOf('llama4_text', 'gate_up_proj'))]).toEqual([
    10, 11, 20, 21, 30, 31, 40, 41,
  ]);
});

test('names of classes that differ', () => {
  const name = (modelType: string, rest: string) => publishedName(modelType, `model.layers.1.${rest}`).slice(15);
  expect(name('mixtral', 'mlp.gate.weight')).toBe('mlp.gate.weight');
  expect(name('gpt_oss', 'mlp.gate.bias')).toBe('mlp.router.bias');
  expect(name('llama4_text', 'mlp.gate.weight')).toBe('feed_forward.router.weight');
  expect(name('llama4_text', 'mlp.gate_proj.weight')).toBe('feed_forward.gate_proj.weight');
  expect(name('llama4_text', 'mlp.shared_experts.up_proj.weight')).toBe('feed_forward.shared_expert.up_proj.weight');
  expect(name('minimax_m2', 'mlp.gate.e_score_correction_bias')).toBe('mlp.e_score_correction_bias');
  expect(name('afmoe', 'mlp.gate.e_score_correction_bias')).toBe('mlp.expert_bias');
  expect(name('afmoe', 'mlp.gate.weight')).toBe('mlp.router.gate.weight');
  expect(name('qwen3_next', 'mlp.shared_experts.up_proj.weight')).toBe('mlp.shared_expert.up_proj.weight');
});
