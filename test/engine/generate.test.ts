import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/base/random';
import { chooseToken, generate } from '../../src/engine/generate';
import type { Model } from '../../src/engine/model';
import { describeOnBackends } from '../support/backends';
import { lively } from '../support/lessons';
import { sampleSpecs } from '../support/sample-specs';

const greedy = { temperature: 0, random: 1 } as const;

describeOnBackends('generating', () => {
  describe.each(Object.entries(sampleSpecs).slice(0, 2))('%s', (_name, spec) => {
    let model: Model;
    beforeAll(() => {
      model = lively(spec);
    });
    afterAll(() => model.dispose());

    /** The likeliest next token by a pass over the whole text. */
    const next = (text: readonly number[]): number => {
      const scores = model.logits({ batch: 1, seq: text.length, inputs: Int32Array.from(text) }).slice(-spec.vocab);
      return scores.indexOf(Math.max(...scores));
    };

    it('takes the likeliest token at temperature 0, and starts again from the last half when the context is full', async () => {
      const prompt = [1, 2, 3];
      const text = [...prompt];
      let seen = 0;
      for (let token = 0; token < 24; token++) {
        // The stretch that the model sees grows to the context, then begins again with half of it.
        seen = token === 0 ? prompt.length : seen < spec.context ? seen + 1 : spec.context / 2;
        text.push(next(text.slice(-seen)));
      }
      expect(await generate(model, { prompt, tokens: 24, ...greedy })).toEqual(text.slice(3));
    });

    it('draws the same text from the same seed, another from another', async () => {
      const draw = (random: number) => generate(model, { prompt: [5], tokens: 12, temperature: 1, topK: 20, random });
      const text = await draw(7);
      expect(await draw(7)).toEqual(text);
      expect(await draw(8)).not.toEqual(text);
      expect(text.every(token => Number.isInteger(token) && token >= 0 && token < spec.vocab)).toBe(true);
    });

    it('reads the end of a prompt that is longer than the context', async () => {
      const prompt = Array.from({ length: spec.context + 5 }, (_, index) => index % spec.vocab);
      expect(await generate(model, { prompt, tokens: 1, ...greedy })).toEqual([next(prompt.slice(-spec.context))]);
    });

    it('stops at the stop token, on request, and leaks nothing', async () => {
      const before = memory().numTensors;
      const all = await generate(model, { prompt: [3], tokens: 10, ...greedy });
      const stop = all.at(4) ?? 0;
      expect(await generate(model, { prompt: [3], tokens: 10, ...greedy, stop })).toEqual(
        all.slice(0, all.indexOf(stop)),
      );
      const controller = new AbortController();
      const heard: number[] = [];
      const onToken = (token: number) => {
        heard.push(token);
        if (heard.length === 3) controller.abort();
      };
      const signal = controller.signal;
      expect(await generate(model, { prompt: [3], tokens: 10, ...greedy, signal, onToken })).toEqual(all.slice(0, 3));
      expect(heard).toEqual(all.slice(0, 3));
      expect(memory().numTensors).toBe(before);
      await expect(generate(model, { prompt: [], tokens: 1, ...greedy })).rejects.toThrow('at least one token');
    });
  });
});

describe('choosing a token', () => {
  const scores = Float32Array.of(0, Math.log(2), Math.log(4), -30);
  const draw = (temperature: number, topK: number | null) => {
    const random = createRandom(3);
    const counts = [0, 0, 0, 0];
    for (let time = 0; time < 7000; time++) {
      const token = chooseToken(scores, temperature, topK, random);
      counts[token] = (counts[token] ?? 0) + 1;
    }
    return counts;
  };

  it('follows the softmax of the scores', () => {
    const [one = 0, two = 0, four = 0, never] = draw(1, null);
    expect(Math.abs(one - 1000)).toBeLessThan(120);
    expect(Math.abs(two - 2000)).toBeLessThan(150);
    expect(Math.abs(four - 4000)).toBeLessThan(170);
    expect(never).toBe(0);
  });

  it('is sharper when cold and never leaves the best', () => {
    const [one = 0, , four = 0] = draw(0.5, null);
    expect(four / one).toBeGreaterThan(10);
    expect(draw(1, 2)[0]).toBe(0);
    expect(draw(1, 1)).toEqual([0, 0, 7000, 0]);
    expect(draw(0, null)).toEqual([0, 0, 7000, 0]);
  });

  it('refuses scores that are not numbers', () => {
    expect(() => chooseToken(Float32Array.of(1, Number.NaN), 1, null, createRandom(1))).toThrow('damaged');
  });
});
