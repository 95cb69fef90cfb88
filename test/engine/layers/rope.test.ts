import { describe, expect, it } from 'vitest';
import type { SettingsOf } from '../../../src/architecture/registry';
import { ropeTables } from '../../../src/engine/layers/position/rope';
import { linearFrequencies } from '../../../src/engine/layers/scaling/linear';
import { llama3Frequencies } from '../../../src/engine/layers/scaling/llama3';
import { yarnFrequencies } from '../../../src/engine/layers/scaling/yarn';
import { nested } from '../../support/specs';

const theta = 10_000;
const dims = 64;
const plain = Float64Array.from({ length: dims / 2 }, (_, pair) => theta ** ((-2 * pair) / dims));
const noMscale = { mscale: null, mscale_all_dim: null };
const turnsOver = (original: number, frequency: number) => (original * frequency) / (2 * Math.PI);

describe('the tables of rope', () => {
  const config: SettingsOf<'position.rope'> = {
    theta: 100,
    fraction: 1,
    interleaved: false,
    scaling: nested('scaling.none'),
  };

  it('hold cosines and sines of position times frequency', () => {
    const { cos, sin, pairs } = ropeTables(config, 4, 3);
    expect(pairs).toBe(2);
    // Frequencies 1 and 100^(-2/4) = 0.1 at positions 0, 1, 2.
    const angles = [0, 0, 1, 0.1, 2, 0.2];
    expect([...cos]).toEqual(angles.map(angle => Math.fround(Math.cos(angle))));
    expect([...sin]).toEqual(angles.map(angle => Math.fround(Math.sin(angle))));
  });

  it('rotate only the share asked for, with wavelengths of that share', () => {
    const { cos, pairs } = ropeTables({ ...config, fraction: 0.5 }, 8, 2);
    expect(pairs).toBe(2);
    expect(cos[3]).toBe(Math.fround(Math.cos(0.1)));
  });

  it('rotate one dimension more than an odd share, with wavelengths of the odd number', () => {
    const { cos, pairs } = ropeTables({ ...config, fraction: 0.3 }, 10, 2);
    expect(pairs).toBe(2);
    expect(cos[3]).toBe(Math.fround(Math.cos(100 ** (-2 / 3))));
  });
});

describe('scaling', () => {
  it('linear divides every frequency', () => {
    const { frequencies, attentionFactor } = linearFrequencies(plain, { factor: 8 }, { theta, dims });
    expect(attentionFactor).toBe(1);
    expect(frequencies.every((frequency, pair) => frequency * 8 === plain[pair])).toBe(true);
  });

  it('llama3 keeps the fast, divides the slow and blends between without a jump', () => {
    const config = { factor: 8, low: 1, high: 4, original: 512 };
    const { frequencies } = llama3Frequencies(plain, config, { theta, dims });
    for (const [pair, frequency] of frequencies.entries()) {
      const before = plain[pair] ?? 0;
      const turns = turnsOver(512, before);
      if (turns > 4) expect(frequency).toBe(before);
      else if (turns < 1) expect(frequency).toBe(before / 8);
      else expect(frequency).toBeGreaterThan(before / 8);
      if (pair > 0) expect(frequency).toBeLessThan(frequencies[pair - 1] ?? 0);
    }
    expect(
      frequencies.filter((frequency, pair) => frequency !== plain[pair] && frequency * 8 !== plain[pair]).length,
    ).toBeGreaterThan(1);
  });

  it('yarn ramps over the pairs between beta_fast and beta_slow turns', () => {
    const config = {
      factor: 4,
      original: 2048,
      beta_fast: 32,
      beta_slow: 1,
      truncate: false,
      ...noMscale,
      attention_factor: null,
    };
    const { frequencies, attentionFactor } = yarnFrequencies(plain, config, { theta, dims });
    expect(attentionFactor).toBeCloseTo(0.1 * Math.log(4) + 1, 12);
    for (const [pair, frequency] of frequencies.entries()) {
      const before = plain[pair] ?? 0;
      const turns = turnsOver(2048, before);
      if (turns > 32) expect(frequency).toBeCloseTo(before, 12);
      else if (turns < 1) expect(frequency).toBeCloseTo(before / 4, 12);
      else {
        // Linear in the pair, which is logarithmic in the turns.
        const share = Math.log(32 / turns) / Math.log(32);
        expect(frequency).toBeCloseTo((share * before) / 4 + (1 - share) * before, 12);
      }
    }
    expect(yarnFrequencies(plain, { ...config, attention_factor: 1.5 }, { theta, dims }).attentionFactor).toBe(1.5);
  });

  it('yarn moves its sharpening from the rotated dimensions to whole scores', () => {
    const config = { factor: 40, original: 64, beta_fast: 32, beta_slow: 1, truncate: true, attention_factor: null };
    const sharp = 0.1 * Math.log(40) + 1;
    const factorsOf = (mscale: number | null, mscale_all_dim: number | null) => {
      const { attentionFactor, scoreFactor } = yarnFrequencies(
        plain,
        { ...config, mscale, mscale_all_dim },
        { theta, dims },
      );
      return [attentionFactor, scoreFactor];
    };
    expect(factorsOf(null, null)).toEqual([sharp, 1]);
    expect(factorsOf(1, 1)).toEqual([1, sharp ** 2]);
    expect(factorsOf(0.5, 1)[0]).toBeCloseTo((0.05 * Math.log(40) + 1) / sharp, 12);
  });

  it('yarn survives a ramp of no width', () => {
    const config = {
      factor: 4,
      original: 2048,
      beta_fast: 8,
      beta_slow: 8,
      truncate: false,
      ...noMscale,
      attention_factor: 1,
    };
    const { frequencies } = yarnFrequencies(plain, config, { theta, dims });
    expect(frequencies.every((frequency, pair) => [1, 4].includes(Math.round((plain[pair] ?? 0) / frequency)))).toBe(
      true,
    );
  });
});
