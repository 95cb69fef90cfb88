import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CacheUse } from '../../src/architecture/component';
import { cacheElementBytes, costsOf } from '../../src/architecture/costs';
import { cacheBytesAt, cacheGrowth, type PartCost, partCosts } from '../../src/architecture/part-costs';
import { analyze } from '../../src/language/analysis/analyze';

const gallery = join(import.meta.dirname, '..', '..', 'gallery');

test.each(readdirSync(gallery).filter(file => file.endsWith('.supra')))('the parts of %s add up', file => {
  const specs = analyze(readFileSync(join(gallery, file), 'utf8')).file.models.flatMap(({ spec }) => spec ?? []);
  expect(specs.length).toBeGreaterThan(0);
  for (const spec of specs) {
    const { before, layers, behind } = partCosts(spec);
    const parts: (PartCost & { readonly times: number })[] = [...before, ...behind].map(part => ({
      ...part,
      times: 1,
    }));
    for (const { uses, branches } of layers) {
      for (const { body, before, after } of branches) {
        for (const part of [body, before, after]) if (part) parts.push({ ...part, times: uses });
      }
    }
    const sum = (value: (part: PartCost) => number) => parts.reduce((all, part) => all + part.times * value(part), 0);
    const costs = costsOf(spec);
    expect(sum(part => part.total)).toBe(costs.total);
    expect(sum(part => part.active)).toBe(costs.active);
    expect(sum(part => part.flopsPerToken)).toBeCloseTo(costs.forwardFlopsPerToken, 0);
    expect(sum(part => (part.cache ? cacheBytesAt(part.cache, spec.context) : 0))).toBe(
      costs.cacheElements * cacheElementBytes,
    );
  }
});

test('caches grow with every token, up to a window, or not at all', () => {
  const full: CacheUse = { perToken: 10, maxTokens: null, constant: 0 };
  const window: CacheUse = { perToken: 10, maxTokens: 100, constant: 0 };
  const state: CacheUse = { perToken: 0, maxTokens: null, constant: 50 };
  expect([full, window, state].map(cacheGrowth)).toEqual(['full', 'window', 'constant']);
  expect([full, window, state].map(cache => cacheBytesAt(cache, 1000))).toEqual([20_000, 2000, 100]);
  expect(cacheBytesAt(window, 10)).toBe(200);
});
