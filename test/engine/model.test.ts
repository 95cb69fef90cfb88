import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elementsOf, type Instance } from '../../src/architecture/component';
import { costsOf } from '../../src/architecture/costs';
import { isParameter, type ModelSpec, modelWeights } from '../../src/architecture/model';
import { components } from '../../src/architecture/registry';
import { disposeGradients } from '../../src/engine/gradients';
import { createModel, type LessonBatch, type Model } from '../../src/engine/model';
import { describeOnBackends } from '../support/backends';
import { largestDifference, lively, randomLesson } from '../support/lessons';
import { sampleSpecs } from '../support/sample-specs';

const families = Object.entries(sampleSpecs);

it('the samples use every component that works on tensors', () => {
  const slots = ['embedding', 'position', 'norm', 'attention', 'mixer', 'ffn', 'head', 'scaling'];
  const wanted = components.filter(([, { slot }]) => slots.includes(slot)).map(([id]) => id);
  const used = new Set(Object.values(sampleSpecs).flatMap(idsIn));
  expect(wanted.filter(id => !used.has(id))).toEqual([]);
});

describeOnBackends('a model', () => {
  describe.each(families)('%s', (_name, spec) => {
    let model: Model;
    const lesson = randomLesson(spec, 2, 9);
    beforeAll(() => {
      model = lively(spec);
    });
    afterAll(() => model.dispose());

    it('has the variables of its table, no more and no less', () => {
      const table = modelWeights(spec).filter(({ tiedTo }) => tiedTo === undefined);
      expect(model.table.map(({ path }) => path)).toEqual(table.map(({ path }) => path));
      for (const entry of table) expect(model.readWeight(entry.path).length).toBe(elementsOf(entry));
      const trained = [...model.trainable.values()].reduce((sum, { size }) => sum + size, 0);
      expect(trained).toBe(costsOf(spec).total);
    });

    it('reads every tensor: all of them get a gradient', () => {
      const { gradients } = model.lossAndGradients(lesson);
      const silent = [...gradients].filter(([, gradient]) => gradient.dataSync().every(value => value === 0));
      disposeGradients(gradients);
      expect(new Set(gradients.keys())).toEqual(new Set(model.table.filter(isParameter).map(({ path }) => path)));
      expect(silent.map(([path]) => path)).toEqual([]);
    });

    it('has gradients that agree with finite differences along themselves', () => {
      const { gradients } = model.lossAndGradients(lesson);
      const slopes = [...gradients].map(([path, gradient]) => [path, gradient.dataSync<'float32'>().slice()] as const);
      disposeGradients(gradients);
      for (const [path, slope] of slopes) {
        const length = Math.hypot(...slope);
        const origin = model.readWeight(path);
        const lossAt = (step: number) => {
          const loads: string[] = [];
          model.writeWeight(
            path,
            origin.map((value, index) => value + (step * (slope[index] ?? 0)) / length),
          );
          const loss = model.loss(lesson, { onExpertLoad: (layer, load) => loads.push(`${layer} ${load}`) });
          return { loss, loads: loads.join() };
        };
        const lossesAt = (step: number) => ({ step, up: lossAt(step), down: lossAt(-step) });
        // A token that changes its experts makes the loss jump, which no gradient sees: the step shrinks until none does.
        let losses = lossesAt(0.004);
        while (losses.up.loads !== losses.down.loads && losses.step > 0.0002) losses = lossesAt(losses.step / 2);
        model.writeWeight(path, origin);
        const { step, up, down } = losses;
        expect(up.loads, `the experts along ${path}`).toBe(down.loads);
        const measured = (up.loss - down.loss) / (2 * step);
        // fp32 losses carry about 3e-7, which the division by a step of 0.004 makes 1e-4.
        expect(Math.abs(measured - length), path).toBeLessThan(0.02 * length + 1.2e-6 / step);
      }
    });

    it('sees no later token: earlier scores stay the same bit for bit', () => {
      const changed = lesson.inputs.map((id, index) => (index % 9 >= 6 ? (id + 1) % spec.vocab : id));
      const before = model.logits(lesson);
      const after = model.logits({ ...lesson, inputs: changed });
      const row = spec.vocab;
      for (const sequence of [0, 1]) {
        const start = sequence * 9 * row;
        expect(after.slice(start, start + 6 * row)).toEqual(before.slice(start, start + 6 * row));
      }
      expect(after).not.toEqual(before);
    });

    it('keeps the sequences of a batch apart', () => {
      const both = model.logits(lesson);
      const alone = [0, 1].map(index => model.logits(single(lesson, index)));
      expect(
        largestDifference(
          both,
          alone.flatMap(part => [...part]),
        ),
      ).toBeLessThan(2e-5);
    });

    it('decodes with a cache what it computes at once, in any portions', () => {
      const full = model.logits(lesson);
      for (const portions of [
        [1, 1, 1, 1, 1, 1, 1, 1, 1],
        [4, 1, 3, 1],
      ]) {
        const cache = model.createCache();
        let done = 0;
        for (const seq of portions) {
          const inputs = Int32Array.from(
            [0, 1].flatMap(row => [...lesson.inputs.slice(row * 9 + done, row * 9 + done + seq)]),
          );
          const scores = model.decode({ batch: 2, seq, inputs }, cache);
          done += seq;
          const expected = [0, 1].flatMap(row => {
            const start = (row * 9 + done - 1) * spec.vocab;
            return [...full.slice(start, start + spec.vocab)];
          });
          expect(largestDifference(scores, expected)).toBeLessThan(3e-5);
        }
        cache.dispose();
      }
    });

    it('keeps as much while decoding as its costs say', () => {
      const cache = model.createCache();
      for (let token = 0; token < spec.context; token++) {
        model.decode({ batch: 1, seq: 1, inputs: Int32Array.of(token) }, cache);
      }
      expect(cache.elements()).toBe(costsOf(spec).cacheElements);
      expect(() => model.decode({ batch: 1, seq: 1, inputs: Int32Array.of(0) }, cache)).toThrow(
        `${spec.context} tokens`,
      );
      cache.dispose();
    });

    it('measures the same loss as one mean, per token, and from its scores', () => {
      const losses = model.tokenLosses(lesson);
      const asked = lesson.targets.filter(target => target >= 0).length;
      const mean = losses.reduce((sum, loss) => sum + loss, 0) / asked;
      expect(model.loss(lesson)).toBeCloseTo(mean, 5);
      const scores = model.logits(lesson);
      const expected = Array.from(lesson.targets, (target, row) =>
        target < 0 ? 0 : crossEntropy(scores.subarray(row * spec.vocab, (row + 1) * spec.vocab), target),
      );
      expect(largestDifference(losses, expected)).toBeLessThan(2e-5);
    });

    it('accepts a single token and a full context', () => {
      for (const seq of [1, spec.context]) {
        const { loss, gradients } = model.lossAndGradients(randomLesson(spec, 1, seq));
        disposeGradients(gradients);
        expect(loss).toBeGreaterThan(0);
      }
    });

    it('trains nearly the same in bf16', () => {
      const difference = Math.abs(model.loss(lesson, { precision: 'bf16' }) - model.loss(lesson));
      expect(difference).toBeGreaterThan(0);
      expect(difference).toBeLessThan(0.03);
    });

    it('leaks no tensor', () => {
      const work = () => {
        disposeGradients(model.lossAndGradients(lesson).gradients);
        model.loss(lesson);
        model.tokenLosses(lesson);
        const cache = model.createCache();
        model.decode({ batch: 1, seq: 3, inputs: Int32Array.of(1, 2, 3) }, cache);
        cache.dispose();
      };
      work();
      const before = memory().numTensors;
      work();
      expect(memory().numTensors).toBe(before);
    });
  });

  it('gives everything back when it is disposed', () => {
    const before = memory().numTensors;
    const [, spec] = families[0] as [string, ModelSpec];
    const model = createModel(spec, { seed: 3 });
    model.loss(randomLesson(spec, 1, 4));
    model.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('refuses ids outside of the vocabulary, wrong sizes and texts beyond the context', () => {
    const [, spec] = families[0] as [string, ModelSpec];
    const model = createModel(spec, { seed: 3 });
    expect(() => model.logits({ batch: 1, seq: 1, inputs: Int32Array.of(spec.vocab) })).toThrow(
      'ids from 0 to 63, got 64',
    );
    expect(() => model.logits({ batch: 1, seq: 2, inputs: Int32Array.of(1) })).toThrow('1 * 2, got 1');
    expect(() => model.logits({ batch: 1, seq: 17, inputs: new Int32Array(17) })).toThrow('at most 16 tokens');
    const lesson = { batch: 1, seq: 1, inputs: Int32Array.of(1), targets: Int32Array.of(-2) };
    expect(() => model.loss(lesson)).toThrow('targets from -1 to 63, got -2');
    model.dispose();
  });
});

function single({ seq, inputs }: LessonBatch, index: number) {
  return { batch: 1, seq, inputs: inputs.slice(index * seq, (index + 1) * seq) };
}

function crossEntropy(scores: Float32Array, target: number): number {
  const largest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const sum = scores.reduce((total, score) => total + Math.exp(score - largest), 0);
  return largest + Math.log(sum) - (scores[target] ?? Number.NaN);
}

/** Ids of all components of a spec, nested ones included. */
function idsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap(idsIn);
  return 'id' in value && 'config' in value ? [(value as Instance).id, ...inside] : inside;
}
