import { describe, expect, test } from 'vitest';
import { blocks } from '../../src/architecture/blocks';
import type { Ambient, Instance } from '../../src/architecture/component';
import { type Fields, isComputed } from '../../src/architecture/fields';
import { components, variantsOf } from '../../src/architecture/registry';

const ambient: Ambient = {
  vocab: 96,
  context: 32,
  hidden: 48,
  layers: 2,
  tied: false,
  initStd: 0.02,
  norm: { epsilon: 1e-5, unitOffset: false },
  site: { of: 'attention', when: 'before', place: 'pre' },
};
/** A small value for settings without a default. */
const required = { heads: 4, experts: 4, factor: 2, original: 16, file: 'tokenizer.json' };

function defaultsOf(component: {
  fields: Fields;
  slots: Readonly<Record<string, { slot: string; default: string | null }>>;
}): Instance['config'] {
  const config: Record<string, Instance['config'][string]> = {};
  const scope = {
    number: (name: string) => {
      const value = { ...ambient, ...config }[name];
      if (typeof value !== 'number') throw new Error(`no number ${name}`);
      return value;
    },
  };
  for (const [name, field] of Object.entries(component.fields)) {
    config[name] =
      field.default === undefined
        ? (required[name as keyof typeof required] ?? 'x')
        : isComputed(field.default)
          ? field.default.of(scope)
          : field.default;
  }
  for (const [name, use] of Object.entries(component.slots)) {
    if (use.default !== null) config[name] = { id: `${use.slot}.${use.default}`, config: {} };
  }
  return config;
}

describe('every component of the registry', () => {
  test.each(components.map(([id, component]) => [id, component] as const))(
    '%s is registered under its own name',
    (id, component) => {
      expect(id).toBe(`${component.slot}.${component.word}`);
      expect(variantsOf(component.slot).get(component.word)).toBe(component);
    },
  );

  test.each(components.map(([id, component]) => [id, component] as const))('%s explains itself', (_id, component) => {
    for (const text of [component.title, component.doc, component.example]) expect(text.length).toBeGreaterThan(3);
    expect(component.doc).toMatch(/\.$/);
    expect(component.example).toContain(component.word);
    if (component.paper !== undefined) expect(component.paper.url).toMatch(/^https:\/\//);
    for (const field of Object.values(component.fields)) expect(field.doc).toMatch(/\.$/);
  });

  test.each(components.map(([id, component]) => [id, component] as const))(
    '%s declares sound tensors',
    (_id, component) => {
      const tensors = component.weights(defaultsOf(component), ambient);
      expect(new Set(tensors.map(tensor => tensor.name)).size).toBe(tensors.length);
      const published = tensors.flatMap(tensor => tensor.hf ?? []);
      expect(new Set(published).size).toBe(published.length);
      for (const tensor of tensors) {
        for (const size of Object.values(tensor.shape)) expect(Number.isInteger(size) && size > 0).toBe(true);
        // Matrices are [out, in] and decay; vectors are scales or biases and do not.
        // The experts of a mixture are stacked in one tensor.
        const dims = Object.keys(tensor.shape);
        const stacked = dims[0] === 'experts' && tensor.active !== undefined ? 1 : 0;
        const matrix = tensor.role === 'matmul' || tensor.role === 'lookup';
        // A filter is [channels, 1, taps], as convolutions are published; a state-space model scales every state of a channel.
        const states = tensor.role === 'scale' && dims.includes('state') ? 1 : 0;
        // Kimi Linear publishes the rates of its heads as [1, 1, heads, 1].
        const ones =
          tensor.role === 'scale' ? ['batch', 'seq', 'channel'].filter(name => tensor.shape[name] === 1).length : 0;
        expect(dims.length - stacked - states - ones).toBe(tensor.role === 'filter' ? 3 : matrix ? 2 : 1);
      }
    },
  );
});

test('default variants of all slots exist', () => {
  const definitions = [...Object.values(blocks), ...components.map(([, component]) => component)];
  for (const definition of definitions) {
    for (const use of Object.values(definition.slots)) {
      if (use.default !== null) expect(variantsOf(use.slot).has(use.default)).toBe(true);
    }
  }
});
