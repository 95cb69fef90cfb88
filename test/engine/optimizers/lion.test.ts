import { expect, it } from 'vitest';
import { disposeGradients } from '../../../src/engine/gradients';
import { createModel } from '../../../src/engine/model';
import { createOptimizer } from '../../../src/engine/optimizers/optimizers';
import { describeOnBackends } from '../../support/backends';
import { largestDifference, randomLesson } from '../../support/lessons';
import { buildSpec, nested, use } from '../../support/specs';

const block = { attention: use('attention.gqa', { heads: 2, bias: 'all' }), ffn: use('ffn.mlp', { bias: true }) };
const spec = buildSpec({ vocab: 32, context: 8, hidden: 8, tied: false, initStd: 0.1, layers: { block } });

describeOnBackends('Lion', () => {
  it('moves every number by the rate along a sign, as its formula says', () => {
    const model = createModel(spec, { seed: 1 });
    const lion = nested('optimizer.lion', { betas: [0.7, 0.9], weight_decay: 2 });
    const optimizer = createOptimizer(lion as never, model);
    const expected = new Map(
      model.table.map(({ path, role }) => {
        const start = model.readWeight(path);
        const decay = role === 'matmul' || role === 'lookup' ? 2 : 0;
        return [path, { decay, p: Float64Array.from(start), m: new Float64Array(start.length) }];
      }),
    );
    for (let step = 1; step <= 4; step++) {
      const learningRate = 0.01 / step;
      const { gradients } = model.lossAndGradients(randomLesson(spec, 2, 8, step));
      for (const [path, gradient] of gradients) {
        const state = expected.get(path);
        if (state === undefined) throw new Error(path);
        for (const [index, raw] of gradient.dataSync().entries()) {
          const g = 0.5 * raw;
          const [p, m] = [state.p[index] ?? 0, state.m[index] ?? 0];
          const direction = Math.sign(0.7 * m + 0.3 * g);
          state.p[index] = p - learningRate * (direction + state.decay * p);
          state.m[index] = 0.9 * m + 0.1 * g;
        }
      }
      optimizer.update(gradients, { learningRate, gradientScale: 0.5 });
      disposeGradients(gradients);
    }
    for (const [path, { p }] of expected) expect(largestDifference(model.readWeight(path), p), path).toBeLessThan(1e-6);
    for (const each of [optimizer, model]) each.dispose();
  });
});
