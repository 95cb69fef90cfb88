import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { costsOf } from '../../src/architecture/costs';
import { type ModelSpec, modelWeights } from '../../src/architecture/model';
import { compareModels } from '../../src/exchange/hugging-face/comparable-spec';
import { type JsonObject, printConfigJson } from '../../src/exchange/hugging-face/config-json';
import { exportConfig } from '../../src/exchange/hugging-face/export-config';
import { importConfig, importJson, knownModelTypes } from '../../src/exchange/hugging-face/import-config';
import { analyze } from '../../src/language/analysis/analyze';
import { format } from '../../src/language/syntax/printer';
import { writeModel } from '../../src/language/writing/write-model';
import reference from '../fixtures/reference/architectures.json';
import { goldenSpecs } from '../support/golden-specs';

/** Types whose components are still to come. */
const known = reference.filter(({ config }) => knownModelTypes().includes(config.model_type));

function imported(config: unknown): ModelSpec {
  const { value, problems } = importConfig(printConfigJson(config as JsonObject), 'model');
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (value === null) throw new Error('Expected a model.');
  return value.spec;
}

/** The first model of a text without problems. */
function readBack(text: string): ModelSpec | undefined {
  const { file, problems } = analyze(text);
  expect([text, problems]).toEqual([text, []]);
  return file.models[0]?.spec;
}

describe.each(known)('$name', entry => {
  test('imports with the counts of the reference', () => {
    const costs = costsOf(imported(entry.config));
    expect(costs.total).toBe(entry.exact_total);
    expect(costs.nonEmbedding).toBe(entry.exact_non_embedding);
    expect(costs.active).toBe(entry.exact_active ?? entry.exact_total);
    expect(costs.mtp).toBe(entry.mtp_params);
    if ('exact_active_non_embedding' in entry) expect(costs.activeNonEmbedding).toBe(entry.exact_active_non_embedding);
    if (!entry.router_bias_counted) expect(costs.buffers).toBe(entry.router_bias);
  });

  test('its text reads back as the same model, is formatted, and leaves defaults out', () => {
    const spec = imported(entry.config);
    const text = writeModel(spec, ['From a config.json.']);
    expect(readBack(text)).toEqual(spec);
    expect(format(text)).toBe(text);
  });

  test('comes back the same from its exported config.json', () => {
    const spec = imported(entry.config);
    const { value, problems } = exportConfig(spec, entry.config.model_type);
    expect(problems).toEqual([]);
    expect(value?.modelType).toBe(entry.config.model_type);
    expect(compareModels(spec, imported(value?.config))).toEqual([]);
  });
});

const folder = join(import.meta.dirname, '..', 'fixtures', 'golden');
const goldens = readdirSync(folder).filter(family => {
  const file = join(folder, family, 'config.json');
  return (
    family in goldenSpecs &&
    existsSync(file) &&
    knownModelTypes().includes(JSON.parse(readFileSync(file, 'utf8')).model_type)
  );
});

describe.each(goldens)('the golden %s', family => {
  const config = JSON.parse(readFileSync(join(folder, family, 'config.json'), 'utf8'));
  const meta = JSON.parse(readFileSync(join(folder, family, 'meta.json'), 'utf8'));
  const written = goldenSpecs[family] as ModelSpec;
  // The module that predicts further ahead has the last layer; its golden stands beside the model.
  // A config of a recurrent model says no length.
  const saysLength = 'max_position_embeddings' in config || 'model_max_length' in config;
  const expected: ModelSpec = {
    ...written,
    ...(saysLength ? {} : { context: 2048 }),
    ...(meta.mtp === undefined ? {} : { mtp: written.kinds.slice(-1) }),
  };

  test.each([
    ['transformers 5', config],
    ['published files', { model_type: config.model_type, ...meta.config_arguments }],
  ])('imports from the spelling of %s', (_spelling, json) => {
    const spec = imported(json);
    expect(compareModels(expected, spec)).toEqual([]);
    const shapes = (model: ModelSpec) => modelWeights(model).map(({ path, shape }) => [path, shape]);
    expect(shapes(spec)).toEqual(shapes(expected));
    expect(costsOf(spec).total).toBe(meta.parameters);
    expect(readBack(writeModel(spec))).toEqual(spec);
  });

  test('warns of nothing', () => {
    expect(importJson(config).problems).toEqual([]);
  });

  test('comes back the same from its exported config.json', () => {
    const { value } = exportConfig(expected, config.model_type);
    expect(compareModels(expected, imported(value?.config))).toEqual([]);
  });
});

const llama = { model_type: 'llama', vocab_size: 160, hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 4 };

/** Severities and messages of an import. */
const problemsOf = (json: unknown) =>
  importConfig(typeof json === 'string' ? json : JSON.stringify(json)).problems.map(
    ({ severity, message }) => `${severity}: ${message}`,
  );

describe('what is not understood', () => {
  test('an unknown type is an error that lists the known ones', () => {
    expect(problemsOf({ ...llama, model_type: 'rwkv' })).toEqual([
      expect.stringMatching(/^error: Models of the type "rwkv" are not known here\. Known are .*llama.*qwen3/),
    ]);
    expect(problemsOf({ vocab_size: 3 })).toEqual([expect.stringContaining('`model_type` is missing')]);
  });

  test('text that is no JSON, and JSON that is no object', () => {
    expect(problemsOf('{"model_type": ')).toEqual([expect.stringMatching(/^error: This is no JSON/)]);
    expect(problemsOf('[1, 2]')).toEqual([expect.stringContaining('one object in braces')]);
  });

  test('a key that may change the network is a warning with its value; a switch that is off is none', () => {
    expect(problemsOf({ ...llama, residual_gate: 0.5, other_gate: false, eos_token_id: 2, _mine: 3 })).toEqual([
      'warning: `residual_gate` = 0.5 is not understood, and left out.',
    ]);
  });

  test('keys inside a scaling, and scalings that are not known', () => {
    expect(problemsOf({ ...llama, rope_scaling: { rope_type: 'linear', factor: 2, bend: 3 } })).toEqual([
      'warning: `rope_scaling.bend` = 3 is not understood, and left out.',
    ]);
    expect(problemsOf({ ...llama, rope_scaling: { rope_type: 'spiral', factor: 2 } })[0]).toContain(
      '"spiral" is not known',
    );
    expect(problemsOf({ ...llama, partial_rotary_factor: 0.5 })[0]).toContain('`partial_rotary_factor` = 0.5');
  });

  test('wrong values are errors that name the key', () => {
    expect(problemsOf({ ...llama, hidden_size: '32' })).toEqual([
      'error: `hidden_size` must be a whole number from 1, and is "32".',
    ]);
    expect(problemsOf({ ...llama, num_key_value_heads: 3 })[0]).toContain('does not divide');
    expect(problemsOf({ ...llama, hidden_act: 'relu6' })[0]).toContain('`hidden_act` is "relu6"');
    expect(problemsOf({ ...llama, num_hidden_layers: 1e9 })[0]).toContain('at most 4096 layers');
    const sliding = { ...llama, model_type: 'olmo3', layer_types: ['sliding_attention', 'spiral_attention'] };
    expect(problemsOf(sliding)[0]).toContain('"spiral_attention"');
    expect(problemsOf({ ...sliding, layer_types: ['sliding_attention'] })[0]).toContain('names 1 layers');
  });
});

describe('spellings', () => {
  test('what a file leaves out is what the class takes', () => {
    const spec = imported({ model_type: 'mistral' });
    expect(costsOf(spec).total).toBe(7_241_732_096);
    expect(spec.kinds[0]?.branches[0]?.body.config).toMatchObject({ window: 4096, kv_heads: 8, head_dim: 128 });
    expect(imported({ ...llama, model_type: 'gemma3_text' }).tied).toBe(true);
  });

  test('numbers as Python writes them', () => {
    expect(importConfig('{"model_type": "llama", "_limit": [0.0, Infinity], "note": "Infinity"}').problems).toEqual([
      { severity: 'warning', message: '`note` = "Infinity" is not understood, and left out.' },
    ]);
    expect(problemsOf({ ...llama, rms_norm_eps: { __float__: 'Infinity' } })[0]).toContain('`rms_norm_eps`');
  });

  test('the language model inside a wrapper, tied as the wrapper says where the inside does not', () => {
    const inside = { ...llama, model_type: undefined, num_key_value_heads: 2 };
    const outer = { model_type: 'mistral3', vision_config: { hidden_size: 8 }, text_config: inside };
    expect(problemsOf(outer)).toEqual([
      'warning: Only the language model of mistral3 is read; `vision_config` is left out.',
    ]);
    expect(imported(outer).hidden).toBe(32);
    expect(imported(outer).tied).toBe(false);
    expect(imported({ ...outer, tie_word_embeddings: true }).tied).toBe(true);
  });
});

test('numbers that transformers wants with a point are written with one', () => {
  const config = {
    routed_scaling_factor: 1,
    hidden_size: 8,
    time_step_limit: [0, Number.POSITIVE_INFINITY],
    attn_logit_softcapping: 50,
  };
  const text = printConfigJson(config);
  expect(text).toContain('"routed_scaling_factor": 1.0,');
  expect(text).toContain('"hidden_size": 8,');
  expect(text).toContain('"attn_logit_softcapping": 50.0');
  expect(text.replaceAll(/\s+/g, '')).toContain('"time_step_limit":[0.0,{"__float__":"Infinity"}]');
});

test('a model that no class holds says what the nearest one would change', () => {
  const { file } = analyze(
    'model m {\n vocab = 160\n hidden = 32\n layer a {\n norm layer\n attention gqa { heads = 4 }\n ffn swiglu\n }\n layers = a * 2\n}',
  );
  const spec = file.models[0]?.spec;
  if (spec === undefined) throw new Error('Expected a model.');
  const { value, problems } = exportConfig(spec);
  expect(value).toBeNull();
  expect(problems.join('\n')).toContain('`norm layer` in layer 1 (a): it has rms');
});
