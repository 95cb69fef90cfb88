import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lossAtEnd, mobyDickLessons, tinyModels, trainOn, unigramEntropy } from '../../bench/gallery-training';
import { useBackend } from '../../src/engine/backends/choose-backend';
import type { LessonBatch } from '../../src/engine/model';

const root = join(import.meta.dirname, '..', '..');
const models = tinyModels(root);

describe('every tiny model of the gallery learns', () => {
  const cacheDir = mkdtempSync(join(tmpdir(), 'supra-gallery-'));
  let lessons: readonly LessonBatch[] = [];

  beforeAll(async () => {
    await useBackend('native');
    // Bytes, because few tokens must do, and sequences just longer than the windows, chunks and choices of 64 in these models.
    lessons = await mobyDickLessons({ vocab: 256, steps: 200, batch: 1, context: 72 }, { root, cacheDir });
  });
  afterAll(() => rmSync(cacheDir, { recursive: true, force: true }));

  test('there is one for every architecture', () => {
    expect(models.length).toBeGreaterThanOrEqual(27);
  });

  test.each(models.map(spec => [spec.name, spec] as const))('%s', (_, spec) => {
    const losses = trainOn({ ...spec, vocab: 256 }, lessons);
    // It began by knowing nothing, and ends by using what came before.
    expect(losses[0]).toBeGreaterThan(0.9 * Math.log(256));
    expect(lossAtEnd(losses)).toBeLessThan(unigramEntropy(lessons));
  });
});
