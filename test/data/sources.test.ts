import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, symlinkSync, utimesSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataError, type DataProblem } from '../../src/data/problems';
import { resolveSource } from '../../src/data/sources';
import { makeWorkspace, writeWorkspaceFile } from './workspace';

async function problemOf(source: string, root: string): Promise<DataProblem> {
  const error = await resolveSource({ source, root }).then(
    found => found,
    (reason: unknown) => reason,
  );
  if (error instanceof DataError) return error.problem;
  throw new Error(`Expected a DataError, got ${JSON.stringify(error)}`);
}

const names = async (source: string, root: string) =>
  (await resolveSource({ source, root })).files.map(file => file.name);

describe('resolveSource', () => {
  it('finds files by glob in the order of their names, without hidden folders', async () => {
    const root = makeWorkspace({
      'data/b.txt': 'b',
      'data/a.txt': 'a',
      'data/deep/c.txt': 'c',
      'data/d.jsonl': '{}',
      'node_modules/x/y.txt': 'no',
      '.supra/cache/z.txt': 'no',
    });
    expect(await names('data/*.txt', root)).toEqual(['data/a.txt', 'data/b.txt']);
    expect(await names('**/*.txt', root)).toEqual(['data/a.txt', 'data/b.txt', 'data/deep/c.txt']);
    expect(await names('data\\*.txt', root)).toEqual(['data/a.txt', 'data/b.txt']);
    const { files, bytes } = await resolveSource({ source: 'data/*.{txt,jsonl}', root });
    expect(files.map(file => file.format)).toEqual(['text', 'text', 'json-lines']);
    expect(bytes).toBe(4);
    expect(files[0]?.fingerprint).toBe(createHash('sha256').update('a').digest('hex'));
  });

  it('takes a name with the signs of a glob literally when there is such a file', async () => {
    const root = makeWorkspace({ 'my [1] (a).txt': 'x', 'my 1 a.txt': 'y' });
    expect(await names('my [1] (a).txt', root)).toEqual(['my [1] (a).txt']);
  });

  it.each([
    '/etc/passwd',
    '../secret.txt',
    'data/../../secret.txt',
    'C:\\secret.txt',
    '..\\secret.txt',
    '{../secret,x}.txt',
  ])('refuses %s, outside the workspace', async source => {
    const root = makeWorkspace({ 'secret.txt': 'secret', 'w/x.txt': 'fine' });
    const problem = await problemOf(source, join(root, 'w'));
    expect(problem.severity).toBe('error');
    expect(['source-outside-workspace', 'source-not-found']).toContain(problem.code);
  });

  it('refuses links that lead out of the workspace, and follows those that stay', async () => {
    const root = makeWorkspace({ 'secret/s.txt': 'secret', 'w/real/x.txt': 'fine' });
    const workspace = join(root, 'w');
    symlinkSync(join(root, 'secret', 's.txt'), join(workspace, 'out.txt'));
    symlinkSync(join(root, 'secret'), join(workspace, 'folder'));
    symlinkSync(join(workspace, 'real', 'x.txt'), join(workspace, 'in.txt'));
    for (const source of ['out.txt', '*.txt', 'folder/s.txt', 'folder/*.txt']) {
      const problem = await problemOf(source, workspace);
      expect(problem, source).toMatchObject({ code: 'source-outside-workspace' });
      expect(problem.todo).toContain('Copy');
    }
    expect(await names('in.txt', workspace)).toEqual(['in.txt']);
  });

  it('says what to do when nothing matches, or a folder does', async () => {
    const root = makeWorkspace({ 'data/a.txt': 'a' });
    expect(await problemOf('dota/*.txt', root)).toMatchObject({
      code: 'source-not-found',
      what: 'No file matches "dota/*.txt".',
    });
    expect(await problemOf(' ', root)).toMatchObject({ code: 'source-not-found' });
    expect(await problemOf('data/', root)).toMatchObject({
      code: 'source-format',
      todo: expect.stringContaining('"data/**/*.txt"'),
    });
  });

  it('refuses what is not text', async () => {
    const root = makeWorkspace({
      'a.txt': Buffer.from([65, 0, 66]),
      'b.txt': Buffer.from('\ufeffhello', 'utf16le'),
      'c.parquet': 'PAR1',
      'd.txt.gz': 'x',
    });
    expect(await problemOf('a.txt', root)).toMatchObject({
      code: 'source-format',
      what: expect.stringContaining('zero'),
    });
    expect(await problemOf('b.txt', root)).toMatchObject({ todo: 'Convert it: iconv -f UTF-16 -t UTF-8 "b.txt".' });
    expect(await problemOf('c.parquet', root)).toMatchObject({ what: '.parquet files cannot be read.' });
    expect(await problemOf('d.txt.gz', root)).toMatchObject({ what: '.gz files cannot be read.' });
  });

  it('knows the bundled corpora, each file one document, without the copy of the whole book', async () => {
    const root = makeWorkspace();
    const whale = await resolveSource({ source: 'moby-dick', root });
    expect(whale.files).toHaveLength(138);
    expect(whale.files.map(file => file.name).slice(0, 4)).toEqual([
      'moby-dick/etymology.txt',
      'moby-dick/extracts.txt',
      'moby-dick/chapter_1.txt',
      'moby-dick/chapter_2.txt',
    ]);
    expect(whale.files.at(-1)?.name).toBe('moby-dick/epilogue.txt');
    expect(whale.bytes).toBeGreaterThan(1_200_000);
    expect(whale.bytes).toBeLessThan(1_300_000);
    const sample = await resolveSource({ source: null, root });
    expect(sample.files).toHaveLength(138 + 233);
  });

  it('notices changes of large files by samples and time, and only reads samples', async () => {
    const root = makeWorkspace();
    mkdirSync(join(root, 'd'));
    const path = join(root, 'd', 'large.txt');
    const size = 65 * 1024 * 1024;
    const file = openSync(path, 'w');
    writeSync(file, 'x'.repeat(70_000));
    ftruncateSync(file, size);
    const fingerprint = async () => (await resolveSource({ source: 'd/*.txt', root })).files[0]?.fingerprint;
    const time = new Date(1_700_000_000_000);
    utimesSync(path, time, time);
    const before = await fingerprint();
    expect(await fingerprint()).toBe(before);
    writeSync(file, 'changed', size - 7);
    utimesSync(path, time, time);
    const changedEnd = await fingerprint();
    expect(changedEnd).not.toBe(before);
    utimesSync(path, time, new Date(1_700_000_001_000));
    expect(await fingerprint()).not.toBe(changedEnd);
    closeSync(file);
  });

  it('gives a file the same fingerprint under another name and time', async () => {
    const root = makeWorkspace({ 'a/x.txt': 'same' });
    const first = await resolveSource({ source: 'a/x.txt', root });
    writeWorkspaceFile(root, 'b/y.txt', 'same');
    const second = await resolveSource({ source: 'b/y.txt', root });
    expect(first.files[0]?.fingerprint).toBe(second.files[0]?.fingerprint);
  });
});
