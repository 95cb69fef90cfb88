import { profile } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { costsOf } from '../../src/architecture/costs';
import { gqaOf, layerAt, type ModelSpec } from '../../src/architecture/model';
import { useBackend } from '../../src/engine/backends/choose-backend';
import { createModel } from '../../src/engine/model';
import { randomLesson } from '../support/lessons';
import { sampleSpecs } from '../support/sample-specs';

// On the fallback every product is a kernel of tfjs, which can be counted.
beforeAll(() => useBackend('fallback'));

it.each(Object.entries(sampleSpecs))('costs count the products that the engine makes: %s', async (_name, spec) => {
  const model = createModel(spec, { seed: 1 });
  const lesson = randomLesson(spec, 2, spec.context);
  const { kernels } = await profile(() => {
    model.loss(lesson);
    return [];
  });
  model.dispose();
  const products = kernels.filter(({ name }) => name === 'BatchMatMul');
  const flopsOfRank = (rank: number) =>
    products.reduce((sum, { inputShapes, outputShapes }) => {
      const [first = []] = inputShapes;
      const [output = []] = outputShapes;
      // A B^T, or scores times values: the last size of the first factor is what is summed over.
      return output.length === rank ? sum + 2 * output.reduce((a, b) => a * b, 1) * (first.at(-1) ?? 0) : sum;
    }, 0);
  const tokens = lesson.inputs.length;
  const { forwardFlopsPerToken } = costsOf(spec);
  const { visible, all } = attentionFlopsPerToken(spec);
  // A head bias rides along as one more column of the head.
  const biasColumn = spec.head.config.bias === true ? 2 * spec.vocab : 0;
  expect(flopsOfRank(2) / tokens - biasColumn).toBeCloseTo(forwardFlopsPerToken - visible, 6);
  // The reference makes all scores and hides those that a token does not see.
  expect(flopsOfRank(4) / tokens).toBeCloseTo(all, 6);
});

/** FLOPs of scores and weighted values: over visible tokens, as costs count them by hand here, and over all. */
function attentionFlopsPerToken(spec: ModelSpec): { visible: number; all: number } {
  let [visible, all] = [0, 0];
  for (let layer = 0; layer < spec.stack.length; layer++) {
    for (const branch of layerAt(spec, layer).branches) {
      const gqa = gqaOf(branch);
      if (gqa === null) continue;
      const { heads, head_dim: headDim, window } = gqa;
      const seen = Array.from({ length: spec.context }, (_, token) => Math.min(token + 1, window ?? spec.context));
      visible += (4 * heads * headDim * seen.reduce((sum, count) => sum + count, 0)) / spec.context;
      all += 4 * heads * headDim * spec.context;
    }
  }
  return { visible, all };
}
