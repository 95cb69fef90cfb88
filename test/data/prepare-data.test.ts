import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DataOptions, type PreparedData, type PrepareProgress, prepareData } from '../../src/data/prepare-data';
import { type DataProblem, describeProblem } from '../../src/data/problems';
import { createTrainingBatches } from '../../src/data/training-batches';
import { makeWorkspace, sampleText, writeWorkspaceFile } from './workspace';

const bytes: DataOptions = { source: 'data/*', tokenizer: { kind: 'bytes' }, holdout: 0.1 };
const bpe = (vocab: number): DataOptions => ({ ...bytes, tokenizer: { kind: 'bpe', vocab } });
const cacheOf = (root: string) => join(root, '.supra', 'cache');

async function prepared(
  root: string,
  options: DataOptions,
): Promise<PreparedData & { warnings: readonly DataProblem[] }> {
  const { value, problems } = await prepareData(options, { root, cacheDir: cacheOf(root) });
  if (value === null) throw new Error(problems.map(describeProblem).join('\n'));
  onTestFinished(() => value.close());
  return { ...value, warnings: problems };
}

async function refused(root: string, options: DataOptions, cacheDir = cacheOf(root)): Promise<DataProblem> {
  const { value, problems } = await prepareData(options, { root, cacheDir });
  expect(value).toBeNull();
  const errors = problems.filter(({ severity }) => severity === 'error');
  expect(errors).toHaveLength(1);
  const [problem] = errors;
  if (problem === undefined) throw new Error('no problem');
  expect(problem.what).toMatch(/\.$/);
  expect(problem.todo).toMatch(/\.$/);
  return problem;
}

function idsOf(part: PreparedData['train']): number[] {
  const ids = new Int32Array(part.tokens);
  part.read(0, part.tokens, ids);
  return [...ids];
}

const textOf = (data: PreparedData, part: 'train' | 'validation') => data.tokenizer.decode(idsOf(data[part]));

const documents = Array.from({ length: 120 }, (_, index) => sampleText(index, 3));
const inOneFile = (texts: readonly string[]) => ({ 'data/all.txt': texts.join('\n<|endoftext|>\n') });
const manyDocuments = inOneFile(documents);

describe('prepareData', () => {
  it('packs all text once, parted between the two sides', async () => {
    const data = await prepared(
      makeWorkspace(Object.fromEntries(documents.map((text, index) => [`data/${index}.txt`, text]))),
      bytes,
    );
    expect(data).toMatchObject({ split: 'documents', fromCache: false, bytesPerToken: 1 });
    const texts = `${textOf(data, 'train')}${textOf(data, 'validation')}`
      .split(/\n(?=\d+\.0 )/)
      .map(text => text.trim());
    expect(texts.sort()).toEqual([...documents].sort());
    expect(data.train.documents + data.validation.documents).toBe(120);
    // Without an end-of-text token a line break parts documents, and counts as text.
    expect(data.train.bytes + data.validation.bytes).toBe(Buffer.byteLength(documents.join('')) + 120);
  });

  it('ends documents with the end-of-text token where there is one, which is no byte of text', async () => {
    const data = await prepared(makeWorkspace(manyDocuments), bpe(300));
    const ids = idsOf(data.train);
    expect(ids.filter(id => id === 256)).toHaveLength(data.train.documents);
    expect(ids.at(-1)).toBe(256);
    expect(data.train.bytes + data.validation.bytes).toBe(Buffer.byteLength(documents.join('')));
    expect(data.bytesPerToken).toBeCloseTo(data.train.bytes / data.train.tokens, 1);
    expect(data.tokenizer).toMatchObject({ kind: 'bpe', vocabSize: 300, endOfText: 256 });
  });

  it('never leaks: a text that is held out is in no training token, nor in the vocabulary', async () => {
    const marker = 'Zyzzyva';
    for (const texts of [documents, [sampleText(1, 100)]]) {
      const options = { ...bpe(400), holdout: 0.3 };
      const plain = await prepared(makeWorkspace(inOneFile(texts)), options);
      const tail = (textOf(plain, 'validation').split('<|endoftext|>')[0] ?? '').slice(-200);
      const marked = texts.map(text => (text.endsWith(tail) ? `${text} ${`${marker} `.repeat(20)}` : text));
      expect(marked.join('')).toContain(marker);
      // The split goes by content, so marking the document may move it: several seeds show both cases.
      let heldOut = 0;
      for (let seed = 0; seed < 8; seed++) {
        const data = await prepared(makeWorkspace(inOneFile(marked)), { ...options, seed });
        const inValidation = textOf(data, 'validation').includes(marker);
        expect(textOf(data, 'train').includes(marker)).toBe(!inValidation);
        const vocab = (data.tokenizer.toJson() as { model: { vocab: object } }).model.vocab;
        const ofMarker = Object.keys(vocab).filter(token => /Zy|zz|yv/.test(token));
        if (inValidation) expect(ofMarker).toEqual([]);
        else expect(ofMarker.length).toBeGreaterThan(0);
        heldOut += Number(inValidation);
      }
      expect(heldOut).toBeGreaterThan(0);
    }
  });

  it('takes a document that occurs twice to one side only', async () => {
    const data = await prepared(makeWorkspace(inOneFile([...documents, ...documents])), bytes);
    const first = (text: string) => text.match(/\d+\.0 /g) ?? [];
    const trained = new Set(first(textOf(data, 'train')));
    const held = first(textOf(data, 'validation'));
    expect(held.length).toBeGreaterThan(10);
    expect(held.filter(start => trained.has(start))).toEqual([]);
  });

  it('saves a tokenizer.json that Hugging Face loads and encodes with identically', async () => {
    const root = makeWorkspace(manyDocuments);
    for (const options of [bytes, bpe(400), { ...bytes, tokenizer: { kind: 'chars' as const } }]) {
      const data = await prepared(root, options);
      const library = new HuggingFaceTokenizer(JSON.parse(readFileSync(data.tokenizerFile, 'utf8')), {});
      const text = documents.slice(0, 5).join('\n');
      expect(library.encode(text, { add_special_tokens: false }).ids).toEqual(data.tokenizer.encode(text));
    }
  });

  it('reads JSON lines and text together', async () => {
    const lines = documents.slice(0, 100).map(body => JSON.stringify({ body }));
    const root = makeWorkspace({ 'data/a.jsonl': lines.join('\n'), 'data/b.txt': documents[101] ?? '' });
    const data = await prepared(root, { ...bytes, textField: 'body' });
    expect(data.train.documents + data.validation.documents).toBe(101);
    const problem = await refused(root, bytes);
    expect(describeProblem(problem)).toBe(
      'data/a.jsonl:1: This line has no field "text". Fields with a string: "body". Set text_field to the field that holds the text, or repair the line.',
    );
  });

  it('uses any tokenizer.json, and the end token that its configuration names', async () => {
    const root = makeWorkspace(manyDocuments);
    const own = await prepared(root, bpe(400));
    const json = JSON.parse(readFileSync(own.tokenizerFile, 'utf8')) as { added_tokens: object[]; decoder: object };
    const library = { ...json, normalizer: { type: 'NFC' } };
    writeWorkspaceFile(root, 'tok/tokenizer.json', JSON.stringify(library));
    const options: DataOptions = { ...bytes, tokenizer: { kind: 'hf', file: 'tok/tokenizer.json' } };
    const data = await prepared(root, options);
    expect(data.tokenizer).toMatchObject({ kind: 'hf', vocabSize: 400, endOfText: 256 });
    expect(data.hash).not.toBe(own.hash);
    expect(idsOf(data.train)).toEqual(idsOf(own.train));
    writeWorkspaceFile(root, 'tok/tokenizer_config.json', '{"eos_token":{"content":"Ġthe"}}');
    expect((await prepared(root, options)).tokenizer.endOfText).toBe(own.tokenizer.encode(' the')[0]);
    expect(await refused(root, { ...bytes, tokenizer: { kind: 'hf', file: '../x.json' } })).toMatchObject({
      code: 'source-outside-workspace',
    });
    expect(await refused(root, { ...bytes, tokenizer: { kind: 'hf', file: 'none.json' } })).toMatchObject({
      code: 'disk',
    });
    writeWorkspaceFile(root, 'lfs.json', 'version https://git-lfs.github.com/spec/v1');
    expect(await refused(root, { ...bytes, tokenizer: { kind: 'hf', file: 'lfs.json' } })).toMatchObject({
      code: 'tokenizer-file',
      todo: expect.stringContaining('Git LFS'),
    });
  });

  it('trains on the bundled corpus without a source', async () => {
    const data = await prepared(makeWorkspace(), {
      source: 'moby-dick',
      tokenizer: { kind: 'bpe', vocab: 1024 },
      holdout: 0.05,
    });
    expect(textOf(data, 'train')).toContain('Call me Ishmael.');
    expect(data.bytesPerToken).toBeGreaterThan(2.5);
    expect(data.train.tokens + data.validation.tokens).toBeGreaterThan(400_000);
  });
});

describe('weird input', () => {
  it.each([
    ['an empty file', { 'data/a.txt': '' }, 'source-empty'],
    ['a blank file', { 'data/a.txt': ' \n \n', 'data/b.txt': '' }, 'source-empty'],
    ['no file', {}, 'source-not-found'],
    ['empty JSON lines', { 'data/a.jsonl': '\n\n' }, 'source-empty'],
  ])('%s is a clear problem', async (_name, files, code) => {
    expect(await refused(makeWorkspace(files), bytes)).toMatchObject({ code, severity: 'error' });
  });

  it('text shorter than a window names the numbers', async () => {
    const root = makeWorkspace({ 'data/a.txt': 'x' });
    const one = await refused(root, { ...bytes, holdout: 0, context: 512 });
    expect(one.what).toBe('The training text has only 2 tokens (2 bytes in 1 documents).');
    expect(one.why).toContain('context 512 needs 513');
    expect((await prepared(root, { ...bytes, holdout: 0 })).train.tokens).toBe(2);
    writeWorkspaceFile(root, 'data/a.txt', sampleText(1, 3));
    const { warnings } = await prepared(root, { ...bytes, holdout: 0.1, context: 256 });
    expect(warnings).toMatchObject([{ code: 'too-small', severity: 'warning' }]);
  });

  it('bytes that are not UTF-8 give a warning, from the cache too', async () => {
    const root = makeWorkspace({ 'data/a.txt': Buffer.from(`caf\xe9 ${'au lait '.repeat(50)}`, 'latin1') });
    for (const fromCache of [false, true]) {
      const data = await prepared(root, bytes);
      expect(data.fromCache).toBe(fromCache);
      expect(data.warnings).toMatchObject([{ code: 'encoding', file: 'data/a.txt', line: 1 }]);
      expect(textOf(data, 'train')).toContain('caf\ufffd au lait');
    }
  });

  it('a BPE vocabulary that the text cannot fill is a warning', async () => {
    const data = await prepared(makeWorkspace({ 'data/a.txt': 'abc '.repeat(100) }), bpe(5000));
    expect(data.tokenizer.vocabSize).toBeLessThan(270);
    expect(data.warnings).toMatchObject([{ code: 'vocabulary-short', what: expect.stringContaining('5000') }]);
  });

  it.each([
    [{ holdout: 0.6 }, 'holdout'],
    [{ holdout: -0.1 }, 'holdout'],
    [{ holdout: Number.NaN }, 'holdout'],
    [{ seed: Number.NaN }, 'holdout'],
    [{ textField: '' }, 'json-line'],
    [{ tokenizer: { kind: 'bpe' as const, vocab: 256 } }, 'tokenizer-option'],
    [{ tokenizer: { kind: 'bpe' as const, vocab: 1000.5 } }, 'tokenizer-option'],
  ])('options %j are refused', async (change, code) => {
    expect(await refused(makeWorkspace(manyDocuments), { ...bytes, ...change })).toMatchObject({ code });
  });
});

describe('the cache', () => {
  it('is used again for the same content and settings, wherever the files are', async () => {
    const root = makeWorkspace(manyDocuments);
    const first = await prepared(root, bpe(300));
    const again = await prepared(root, bpe(300));
    expect([first.fromCache, again.fromCache]).toEqual([false, true]);
    expect(idsOf(again.train)).toEqual(idsOf(first.train));
    expect(again.tokenizer.toJson()).toEqual(first.tokenizer.toJson());
    const elsewhere = await prepared(makeWorkspace(manyDocuments), bpe(300));
    expect(elsewhere.hash).toBe(first.hash);
    expect(readFileSync(join(elsewhere.folder, 'train.bin'))).toEqual(readFileSync(join(first.folder, 'train.bin')));
    expect(readFileSync(join(elsewhere.folder, 'meta.json'))).toEqual(readFileSync(join(first.folder, 'meta.json')));
  });

  it('has another entry for every setting that changes tokens', async () => {
    const root = makeWorkspace({ ...manyDocuments, 'other/b.txt': sampleText(1, 9) });
    const hashes = [];
    for (const options of [
      bytes,
      bpe(300),
      bpe(301),
      { ...bytes, holdout: 0.2 },
      { ...bytes, seed: 1 },
      { ...bytes, tokenizer: { kind: 'bytes' as const, endOfText: true } },
      { ...bytes, source: 'other/*' },
    ]) {
      hashes.push((await prepared(root, options)).hash);
    }
    appendFileSync(join(root, 'data', 'all.txt'), '!');
    hashes.push((await prepared(root, bytes)).hash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect((await prepared(root, { ...bytes, context: 8 })).fromCache).toBe(true);
  });

  it.each([
    ['truncated tokens', (folder: string) => truncateSync(join(folder, 'train.bin'), 1001)],
    ['a changed token', (folder: string) => flip(join(folder, 'validation.bin'), 10)],
    ['a missing file', (folder: string) => rmSync(join(folder, 'validation.bin'))],
    ['a missing meta.json', (folder: string) => rmSync(join(folder, 'meta.json'))],
    ['half a meta.json', (folder: string) => truncateSync(join(folder, 'meta.json'), 100)],
    [
      'a meta.json of another version',
      (folder: string) => edit(join(folder, 'meta.json'), '"version": 1', '"version": 0'),
    ],
    ['a changed tokenizer', (folder: string) => edit(join(folder, 'tokenizer.json'), '"BPE"', '"BPX"')],
    ['an empty folder', (folder: string) => replace(folder, () => mkdirSync(folder))],
    ['a file in its place', (folder: string) => replace(folder, () => writeFileSync(folder, 'x'))],
  ])('is built again after %s', async (_name, damage) => {
    const root = makeWorkspace(manyDocuments);
    const before = await prepared(root, bytes);
    const ids = idsOf(before.train);
    damage(before.folder);
    const after = await prepared(root, bytes);
    expect(after.fromCache).toBe(false);
    expect(idsOf(after.train)).toEqual(ids);
    expect((await prepared(root, bytes)).fromCache).toBe(true);
    expect(readdirSync(cacheOf(root))).toEqual([before.hash]);
  });

  it('loses what killed builds left behind, but not what others are building', async () => {
    const root = makeWorkspace(manyDocuments);
    const left = ['.building-old', '.building-new'].map(name => join(cacheOf(root), name));
    for (const folder of left) mkdirSync(folder, { recursive: true });
    utimesSync(left[0] ?? '', new Date(0), new Date(0));
    await prepared(root, bytes);
    expect(left.map(folder => existsSync(folder))).toEqual([false, true]);
  });

  it('may be built several times at once, in one process', async () => {
    const root = makeWorkspace(manyDocuments);
    const all = await Promise.all(Array.from({ length: 4 }, () => prepared(root, bpe(300))));
    const first = idsOf((all[0] as PreparedData).train);
    for (const data of all) expect(idsOf(data.train)).toEqual(first);
    expect(readdirSync(cacheOf(root))).toEqual([all[0]?.hash]);
  });

  it('may be built, and repaired, by several processes at once', async () => {
    const root = makeWorkspace(manyDocuments);
    const script = join(root, 'prepare.cjs');
    await build({
      stdin: {
        contents: `
          import { prepareData } from './src/data/prepare-data';
          prepareData(${JSON.stringify(bpe(400))}, { root: ${JSON.stringify(root)}, cacheDir: ${JSON.stringify(cacheOf(root))} })
            .then(({ value, problems }) => {
              const ids = new Int32Array(value.train.tokens);
              value.train.read(0, ids.length, ids);
              console.log(JSON.stringify([value.hash, ids.length, ids.reduce((sum, id, at) => (sum * 31 + id + at) % 1000003, 0)]));
            });`,
        resolveDir: resolve(__dirname, '../..'),
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: script,
      define: { 'import.meta.url': 'importMetaUrl' },
      banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
      logLevel: 'error',
    });
    const run = promisify(execFile);
    const together = async () => {
      const results = await Promise.all(Array.from({ length: 3 }, () => run(process.execPath, [script])));
      return results.map(({ stdout, stderr }) => {
        expect(stderr).toBe('');
        return stdout.trim();
      });
    };
    const built = await together();
    expect(new Set(built).size).toBe(1);
    const [hash] = JSON.parse(built[0] ?? '') as [string];
    expect(readdirSync(cacheOf(root))).toEqual([hash]);
    truncateSync(join(cacheOf(root), hash, 'train.bin'), 11);
    expect(await together()).toEqual(built);
    expect(readdirSync(cacheOf(root))).toEqual([hash]);
  });
});

describe('what the machine may do', () => {
  it('a cache folder that cannot be made is one clear problem', async () => {
    const root = makeWorkspace({ ...manyDocuments, 'a-file': 'x' });
    const problem = await refused(root, bytes, join(root, 'a-file', 'cache'));
    expect(problem).toMatchObject({ code: 'disk', why: 'A file lies where a folder is needed.' });
    expect(problem.file).toContain('a-file');
  });

  it('a missing workspace is one clear problem', async () => {
    const root = makeWorkspace();
    expect(await refused(join(root, 'gone'), bytes)).toMatchObject({ code: 'disk' });
  });

  it('a link that leads nowhere is no text', async () => {
    const root = makeWorkspace({ 'data/a.txt': sampleText(1, 20) });
    symlinkSync(join(root, 'nowhere'), join(root, 'data', 'b.txt'));
    const { value, problems } = await prepareData(bytes, { root, cacheDir: cacheOf(root) });
    value?.close();
    expect(value !== null || problems[0]?.code === 'disk').toBe(true);
  });

  it('stops on a signal, whenever it comes, and leaves nothing behind', async () => {
    const root = makeWorkspace(manyDocuments);
    const phases: PrepareProgress['phase'][] = ['find', 'scan', 'tokenizer', 'pack'];
    for (const phase of phases) {
      const controller = new AbortController();
      const promise = prepareData(bpe(300), {
        root,
        cacheDir: cacheOf(root),
        signal: controller.signal,
        onProgress: progress => {
          if (progress.phase === phase) controller.abort(new Error(`stopped in ${phase}`));
        },
      });
      await expect(promise).rejects.toThrow(`stopped in ${phase}`);
    }
    expect(existsSync(cacheOf(root)) ? readdirSync(cacheOf(root)) : []).toEqual([]);
    await expect(
      prepareData(bytes, { root, cacheDir: cacheOf(root), signal: AbortSignal.abort(new Error('before')) }),
    ).rejects.toThrow('before');
  });

  it('reports every phase, forward, to its end', async () => {
    const root = makeWorkspace(manyDocuments);
    const seen: PrepareProgress[] = [];
    const { value } = await prepareData(bpe(300), {
      root,
      cacheDir: cacheOf(root),
      onProgress: progress => seen.push(progress),
    });
    value?.close();
    for (const phase of ['find', 'scan', 'tokenizer', 'pack'] as const) {
      const fractions = seen.filter(progress => progress.phase === phase).map(({ fraction }) => fraction);
      expect(fractions).toEqual([...fractions].sort((first, second) => first - second));
      expect(fractions.at(-1)).toBe(1);
    }
    expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(['find', 'scan', 'tokenizer', 'pack']);
  });
});

it('from text to the same batches on every machine', async () => {
  const data = await prepared(makeWorkspace(manyDocuments), bpe(350));
  const { value } = createTrainingBatches(data.train, { batch: 4, seq: 32, seed: 1 });
  const hash = createHash('sha256');
  for (let step = 0; step < 20; step++) hash.update(Buffer.from(value?.next().inputs.buffer ?? new ArrayBuffer(0)));
  expect([data.hash, hash.digest('hex').slice(0, 16)]).toMatchInlineSnapshot(`
    [
      "0073a10d33d5c05d6f396ba89b61e1dd",
      "437c9d9ec04f4526",
    ]
  `);
});

function replace(folder: string, by: () => void): void {
  rmSync(folder, { recursive: true });
  by();
}

function flip(path: string, at: number): void {
  const content = readFileSync(path);
  content[at] = (content[at] ?? 0) ^ 1;
  writeFileSync(path, content);
}

function edit(path: string, from: string, to: string): void {
  const content = readFileSync(path, 'utf8');
  expect(content).toContain(from);
  writeFileSync(path, content.replace(from, to));
}
