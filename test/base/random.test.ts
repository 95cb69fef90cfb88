import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, isRandomState, type Random, restoreRandom } from '../../src/base/random';

const draws = (random: Random, count: number) => Array.from({ length: count }, () => random.uint32());

describe('createRandom', () => {
  it('gives the same numbers for the same seed, others for another', () => {
    expect(draws(createRandom(1), 8)).toEqual(draws(createRandom(1), 8));
    expect(draws(createRandom(1), 8)).not.toEqual(draws(createRandom(2), 8));
    expect(draws(createRandom(1), 8)).not.toEqual(draws(createRandom('1'), 8));
  });

  it('keeps its numbers from version to version: a changed generator would change every old run', () => {
    expect(draws(createRandom(1), 4)).toMatchInlineSnapshot(`
      [
        1581625094,
        1474684152,
        2265615405,
        784264987,
      ]
    `);
    expect(draws(createRandom('init').split('layer 0'), 2)).toMatchInlineSnapshot(`
      [
        331565884,
        754788312,
      ]
    `);
  });

  it('is xoshiro128** (reference state 1, 2, 3, 4)', () => {
    const reference = restoreRandom({ key: [1, 2, 3, 4], words: [1, 2, 3, 4] });
    // From the recurrence by hand: rotl(2 * 5, 7) * 9 = 11520, then state words[1] = 0.
    expect(draws(reference, 3)).toEqual([11520, 0, 5927040]);
  });

  it('refuses seeds and limits that mean nothing', () => {
    expect(() => createRandom(Number.NaN)).toThrow('finite');
    expect(() => createRandom(1).below(0)).toThrow('got 0');
  });
});

describe('state', () => {
  it('survives JSON and continues bit for bit after any number of mixed draws', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(50), (seed, before) => {
        const random = createRandom(seed);
        for (let draw = 0; draw < before; draw++) draw % 2 === 0 ? random.normal() : random.below(7);
        const saved: unknown = JSON.parse(JSON.stringify(random.state()));
        if (!isRandomState(saved)) throw new Error('not a state');
        const resumed = restoreRandom(saved);
        expect(draws(resumed, 5)).toEqual(draws(random, 5));
        expect(draws(resumed.split('x'), 2)).toEqual(draws(createRandom(seed).split('x'), 2));
      }),
    );
  });

  it('is checked before use', () => {
    expect(isRandomState({ key: [1, 2, 3, 4], words: [0, 0, 0, 0] })).toBe(false);
    expect(isRandomState({ key: [1, 2, 3], words: [1, 0, 0, 0] })).toBe(false);
    expect(isRandomState({ key: [1, 2, 3, -4], words: [1, 0, 0, 0] })).toBe(false);
    expect(isRandomState(null)).toBe(false);
  });
});

describe('split', () => {
  it('does not depend on what was drawn, and does not draw', () => {
    const fresh = createRandom(5);
    const used = createRandom(5);
    draws(used, 100);
    expect(draws(fresh.split('data'), 4)).toEqual(draws(used.split('data'), 4));
    expect(draws(fresh, 4)).toEqual(draws(createRandom(5), 4));
  });

  it('gives unlike streams for unlike labels', () => {
    const first = new Set<number>();
    for (let label = 0; label < 2000; label++) first.add(createRandom(1).split(label).uint32());
    expect(first.size).toBeGreaterThan(1995);
  });
});

describe('distributions', () => {
  it('below is even', () => {
    const random = createRandom(3);
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (let draw = 0; draw < 70_000; draw++) {
      const value = random.below(7);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(600);
  });

  it('normal has mean 0, deviation 1 and the right tails', () => {
    const sample = new Float32Array(100_001);
    createRandom(4).fillNormal(sample, 2, 3);
    const mean = sample.reduce((sum, value) => sum + value, 0) / sample.length;
    const variance = sample.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sample.length;
    const beyondTwo = sample.filter(value => Math.abs(value - 2) > 6).length / sample.length;
    expect(mean).toBeCloseTo(2, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(3, 1);
    expect(beyondTwo).toBeCloseTo(0.0455, 2);
  });

  it('uniform fills stay inside their range', () => {
    const sample = new Float32Array(10_000);
    createRandom(4).fillUniform(sample, -0.5, 0.5);
    expect(Math.min(...sample)).toBeGreaterThanOrEqual(-0.5);
    expect(Math.max(...sample)).toBeLessThanOrEqual(0.5);
    expect(sample.reduce((sum, value) => sum + value, 0) / sample.length).toBeCloseTo(0, 1);
  });

  it('shuffle permutes, every position equally often', () => {
    const random = createRandom(9);
    const atFront = [0, 0, 0, 0];
    for (let round = 0; round < 8000; round++) {
      const items = Uint32Array.from([0, 1, 2, 3]);
      random.shuffle(items);
      expect([...items].sort()).toEqual([0, 1, 2, 3]);
      const front = items[0] ?? -1;
      atFront[front] = (atFront[front] ?? 0) + 1;
    }
    for (const count of atFront) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});
