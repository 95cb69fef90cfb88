import { profile } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { elementsOf } from '../../src/architecture/component';
import { costsOf } from '../../src/architecture/costs';
import { ambientOf, type Branch, layerAt, type ModelSpec, modelWeights } from '../../src/architecture/model';
import { componentOf, settingsIf } from '../../src/architecture/registry';
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
  const recurrent = recurrentFlopsPerToken(spec);
  // A head bias rides along as one more column of the head.
  const biasColumn = spec.head.config.bias === true ? 2 * spec.vocab : 0;
  expect(flopsOfRank(2) / tokens - biasColumn).toBeCloseTo(forwardFlopsPerToken - visible - recurrent, 6);
  // The reference makes all scores and hides those that a token does not see. Chunks of a recurrence have products of their own.
  if (recurrent === 0) expect(flopsOfRank(4) / tokens).toBeCloseTo(all, 6);
});

/** FLOPs of scores and weighted values: over visible tokens, as costs count them by hand here, and over all. */
function attentionFlopsPerToken(spec: ModelSpec): { visible: number; all: number } {
  let [visible, all] = [0, 0];
  for (let layer = 0; layer < spec.stack.length; layer++) {
    for (const branch of layerAt(spec, layer).branches) {
      const { perPosition, window, chunk } = attentionOf(branch);
      const seen = Array.from({ length: spec.context }, (_, token) =>
        Math.min((token % (chunk ?? spec.context)) + 1, window ?? spec.context),
      );
      visible += (perPosition * seen.reduce((sum, count) => sum + count, 0)) / spec.context;
      all += perPosition * spec.context;
    }
  }
  return { visible, all };
}

/** FLOPs of convolutions and recurrences, which are not made as products of matrices. */
function recurrentFlopsPerToken(spec: ModelSpec): number {
  const filters = modelWeights(spec).filter(({ role }) => role === 'filter');
  const states = spec.stack.flatMap((_, layer) =>
    layerAt(spec, layer)
      .branches.filter(({ kind }) => kind === 'mixer')
      .map(({ body, norm }) => componentOf(body).stateFlops?.(body.config, ambientOf(spec, norm)) ?? 0),
  );
  return filters.reduce((sum, filter) => sum + 2 * elementsOf(filter), 0) + states.reduce((sum, each) => sum + each, 0);
}

/** FLOPs of one token for one position that it looks at. */
function attentionOf({ body }: Branch): { perPosition: number; window: number | null; chunk: number | null } {
  const gqa = settingsIf(body, 'attention.gqa');
  if (gqa !== null) return { ...gqa, perPosition: 2 * gqa.heads * (gqa.head_dim + gqa.value_dim) };
  const mla = settingsIf(body, 'attention.mla');
  const perHead = mla === null ? 0 : mla.nope_dim + mla.rope_dim + mla.value_dim;
  return { perPosition: 2 * (mla?.heads ?? 0) * perHead, window: null, chunk: null };
}
