import { type Tensor, tidy, variable } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { blend, blendInto, blendReference } from '../../../src/engine/ops/blend';
import { expectClose, onEveryEngine, randomTensor } from './engines';

onEveryEngine(() => {
  it('blends as its reference does, in a new tensor and in place', () => {
    for (const shape of [[1], [3, 5], [40_001]]) {
      tidy(() => {
        const [x, z] = [randomTensor(shape, 1), randomTensor(shape, 2)];
        const expected = blendReference([x, 0.25], [z, -3]);
        expectClose(blend([x, 0.25], [z, -3]), expected, 1e-6);
        const changed = variable(x);
        const held = changed.clone();
        blendInto(changed, 0.25, [z, -3]);
        expectClose(changed, expected, 1e-6);
        // What somebody else holds stays as it was.
        expect(held.dataSync()).toEqual(x.dataSync());
        changed.dispose();
      });
    }
  });

  it('refuses other shapes', () => {
    tidy(() => {
      const [x, z]: Tensor[] = [randomTensor([2, 3], 1), randomTensor([3, 2], 2)];
      if (x === undefined || z === undefined) throw new Error('two tensors');
      expect(() => blend([x, 1], [z, 1])).toThrow('z must have shape [2, 3]');
    });
  });
});
