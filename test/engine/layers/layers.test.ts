import { expect, it } from 'vitest';
import { componentOf, components } from '../../../src/architecture/registry';
import type { Layer } from '../../../src/engine/layers/layer';
import { layerOf, layers } from '../../../src/engine/layers/layers';

it('there is a layer for every component that works on tensors, and no other', () => {
  const slots = ['embedding', 'position', 'norm', 'attention', 'mixer', 'ffn', 'head'];
  const wanted = components.filter(([, { slot }]) => slots.includes(slot)).map(([id]) => id);
  expect(Object.keys(layers).sort()).toEqual([...wanted].sort());
});

it('a component is refused in a slot that is not its own', () => {
  expect(() => layerOf('ffn', { id: 'norm.rms' })).toThrow("slot 'ffn'");
  expect(() => layerOf('norm', { id: 'norm.toString' })).toThrow("got 'norm.toString'");
  expect(componentOf({ id: 'norm.rms' }).word).toBe('rms');
});

it('a layer that reads a tensor or a setting that its component lacks does not compile', () => {
  const wrong: Layer<'norm.rms'> = {
    normalize(x, { config, weights }) {
      // @ts-expect-error the table of rms has no bias
      weights.find('bias', 1);
      // @ts-expect-error a misspelt setting
      config.epsilom;
      return x;
    },
  };
  expect(wrong).toBeDefined();
});
