import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findInGallery, galleryFacts, sizeOf } from '../../../src/language/features/gallery-facts';

const folder = join(import.meta.dirname, '..', '..', '..', 'gallery');
const gallery = readdirSync(folder).map(file => {
  const facts = galleryFacts(file.replace('.supra', ''), readFileSync(join(folder, file), 'utf8'));
  if (facts === null) throw new Error(`Expected a model in ${file}.`);
  return facts;
});

test.each(gallery.map(facts => [facts.file, facts] as const))('%s says in a line what it is', (_file, facts) => {
  expect(facts.title.length).toBeGreaterThan(4);
  expect(facts.title.length).toBeLessThan(40);
  expect(facts.idea.length).toBeGreaterThan(15);
  expect(facts.idea.length).toBeLessThan(300);
});

describe('facts', () => {
  const facts = galleryFacts(
    'pair-2b',
    '# Pair 2B (a study): two layers, of 8.5 units. More.\n# And more.\nmodel pair { vocab = 9  hidden = 8\n layer a { ffn swiglu }\n layers = a }',
  );

  test('title and idea come from the comment, sizes from the model', () => {
    expect(facts).toMatchObject({ model: 'pair', title: 'Pair 2B', idea: 'Two layers, of 8.5 units' });
    expect(facts === null ? '' : sizeOf(facts)).toBe('856 parameters');
  });

  test('a name is found however it is spelled', () => {
    for (const name of ['Qwen3 0.6B', 'qwen3_0_6b', 'QWEN3-0.6b.supra']) {
      expect(findInGallery(name, gallery)?.file).toBe('qwen3-0.6b');
    }
    expect(findInGallery('qwen', gallery)).toBeUndefined();
  });

  test('a file without a model has none', () => {
    expect(galleryFacts('empty', '# Nothing.')).toBeNull();
  });
});
