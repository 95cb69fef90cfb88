import { memory, tensor3d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { costsOf } from '../../../src/architecture/costs';
import { disposeGradients } from '../../../src/engine/gradients';
import { chosenMask } from '../../../src/engine/layers/indexer/lightning';
import type { Model } from '../../../src/engine/model';
import { chooseTopK } from '../../../src/engine/ops/expert-order';
import { describeOnBackends } from '../../support/backends';
import { largestDifference, lively, randomLesson } from '../../support/lessons';
import { specOf } from '../../support/written-specs';

const seq = 13;

const withIndexer = (indexer: string, mla = 'query_rank = 8') =>
  specOf(`
    model sparse {
      vocab = 64
      context = 16
      hidden = 16
      layer block {
        norm rms
        attention mla { heads = 2  nope_dim = 8  rope_dim = 4  kv_rank = 6  ${mla}  indexer ${indexer} }
        ffn swiglu { width = 12 }
      }
      layers = block * 2
    }`);

const lightning = (settings: string) => `lightning { heads = 3  head_dim = 6  ${settings} }`;

describeOnBackends('a lightning indexer', () => {
  const lesson = randomLesson({ vocab: 64 }, 2, seq);
  const using = <T>(model: Model, work: (model: Model) => T): T => {
    try {
      return work(model);
    } finally {
      model.dispose();
    }
  };

  it.each(['query_rank = 8', ''])(
    'decodes with a cache what it computes at once, and keeps what its costs say: %s',
    mla => {
      using(lively(withIndexer(lightning('top_k = 4'), mla)), model => {
        const full = model.logits(lesson);
        for (const portions of [Array.from({ length: seq }, () => 1), [3, 1, 7, 2]]) {
          const cache = model.createCache();
          let done = 0;
          for (const portion of portions) {
            const inputs = Int32Array.from(
              [0, seq].flatMap(row => [...lesson.inputs.slice(row + done, row + done + portion)]),
            );
            const scores = model.decode({ batch: 2, seq: portion, inputs }, cache);
            done += portion;
            const expected = [0, seq].flatMap(row => [...full.slice((row + done - 1) * 64, (row + done) * 64)]);
            expect(largestDifference(scores, expected)).toBeLessThan(3e-5);
          }
          expect(cache.elements()).toBe(2 * seq * costsOf(model.spec).cacheElementsPerToken);
          cache.dispose();
        }
      });
    },
  );

  it('lets a token see only its best keys, and all of them when it may choose that many', () => {
    const scoresOf = (indexer: string) => using(lively(withIndexer(indexer)), model => model.logits(lesson));
    const [dense, all, few] = ['none', lightning('top_k = 13'), lightning('top_k = 4')].map(scoresOf);
    expect(all).toEqual(dense);
    // The first four tokens of each sequence see as much either way.
    expect(largestDifference(few?.slice(0, 4 * 64) ?? [], dense?.slice(0, 4 * 64) ?? [])).toBeLessThan(3e-5);
    expect(largestDifference(few ?? [], dense ?? [])).toBeGreaterThan(1e-3);
  });

  it.each([1, 3, 8, 20])('chooses the %i best keys of those not later, of equal ones the earlier', topK => {
    // Few different values, so that many are equal.
    const values = Float32Array.from({ length: 2 * 9 * 12 }, (_, index) => ((index * 37) % 11) / 4);
    const scores = tensor3d(values, [2, 9, 12]);
    const mask = chosenMask(scores, topK, 3);
    const chosen = [...mask.dataSync()].map(each => each === 0);
    for (let row = 0; row < 18; row++) {
      const visible = values.subarray(row * 12, row * 12 + 4 + (row % 9));
      const best = new Set(chooseTopK(visible, visible.length, Math.min(topK, visible.length)));
      expect(chosen.slice(row * 12, (row + 1) * 12)).toEqual(Array.from({ length: 12 }, (_, key) => best.has(key)));
    }
    scores.dispose();
    mask.dispose();
  });

  it('sees no later token: earlier scores stay the same bit for bit', () => {
    using(lively(withIndexer(lightning('top_k = 4'))), model => {
      const inputs = lesson.inputs.map((id, index) => (index % seq >= 8 ? (id + 1) % 64 : id));
      const [before, after] = [model.logits(lesson), model.logits({ ...lesson, inputs })];
      expect(after.slice(0, 8 * 64)).toEqual(before.slice(0, 8 * 64));
      expect(after).not.toEqual(before);
    });
  });

  it('learns from its own loss only, which the rest of the model does not feel', () => {
    const gradientsOf = (settings: string) =>
      using(lively(withIndexer(lightning(settings))), model => {
        const { loss, gradients } = model.lossAndGradients(lesson);
        const numbers = new Map([...gradients].map(([path, gradient]) => [path, gradient.dataSync().slice()]));
        disposeGradients(gradients);
        return { loss, numbers };
      });
    const [without, learning] = [gradientsOf('top_k = 4'), gradientsOf('top_k = 4  loss = 1')];
    expect(learning.loss).toBe(without.loss);
    const isIndexer = (path: string) => path.includes('indexer_');
    expect([...without.numbers.keys()].filter(isIndexer)).toEqual([]);
    const own = [...learning.numbers].filter(([path]) => isIndexer(path));
    expect(own.length).toBe(2 * 5);
    for (const [path, gradient] of own) expect([path, gradient.some(value => value !== 0)]).toEqual([path, true]);
    for (const [path, gradient] of without.numbers) {
      expect(largestDifference(gradient, learning.numbers.get(path) ?? []), path).toBeLessThan(1e-6);
    }
  });

  it('comes to choose what the attention looks at when its loss is descended', () => {
    using(lively(withIndexer(lightning('top_k = 13  loss = 1'))), model => {
      // The norm of its gradient shrinks as its scores approach the attention.
      const slopeOf = () => {
        const { gradients } = model.lossAndGradients(lesson);
        const own = [...gradients].flatMap(([path, gradient]) =>
          path.includes('indexer_') ? [[path, gradient.dataSync<'float32'>().slice()] as const] : [],
        );
        disposeGradients(gradients);
        return own;
      };
      const lengthOf = (own: ReturnType<typeof slopeOf>) => Math.hypot(...own.map(([, slope]) => Math.hypot(...slope)));
      const first = lengthOf(slopeOf());
      for (let step = 0; step < 60; step++) {
        for (const [path, slope] of slopeOf()) {
          model.writeWeight(
            path,
            model.readWeight(path).map((value, index) => value - 0.5 * (slope[index] ?? 0)),
          );
        }
      }
      expect(lengthOf(slopeOf())).toBeLessThan(first / 2);
    });
  });

  it('leaks no tensor', () => {
    using(lively(withIndexer(lightning('top_k = 4  loss = 1'))), model => {
      const work = () => {
        disposeGradients(model.lossAndGradients(lesson).gradients);
        model.loss(lesson);
      };
      work();
      const before = memory().numTensors;
      work();
      expect(memory().numTensors).toBe(before);
    });
  });
});
