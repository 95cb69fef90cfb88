import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError, type DataProblem } from '../../src/data/problems';
import { type Piece, readDocuments } from '../../src/data/read-documents';
import type { ResolvedSource } from '../../src/data/sources';
import { createBpe } from '../../src/data/tokenizers/bpe';
import { createWordCounter, trainBpe } from '../../src/data/tokenizers/train-bpe';
import { collect, makeWorkspace, sampleText } from './workspace';

function sourceOf(root: string, names: readonly string[]): ResolvedSource {
  const files = names.map(name => {
    const format = name.endsWith('.jsonl') ? ('json-lines' as const) : ('text' as const);
    const path = join(root, name);
    return { name, path, format, bytes: statSync(path).size, fingerprint: createHash('sha256').digest('hex') };
  });
  return { title: 'test', files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

async function read(files: Readonly<Record<string, string | Uint8Array>>, textField = 'text') {
  const warnings: DataProblem[] = [];
  const source = sourceOf(makeWorkspace(files), Object.keys(files));
  const pieces = await collect(readDocuments(source, { textField, onWarning: warning => warnings.push(warning) }));
  return { documents: joined(pieces), pieces, warnings };
}

function joined(pieces: readonly Piece[]): string[] {
  const documents: string[] = [];
  let open = '';
  for (const { text, last } of pieces) {
    open += text;
    if (last) documents.push(open);
    if (last) open = '';
  }
  expect(open).toBe('');
  return documents;
}

async function failure(promise: Promise<unknown>): Promise<DataProblem> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof DataError) return error.problem;
  throw new Error(`Expected a DataError, got ${String(error)}`);
}

describe('text files', () => {
  it('are one document each, in order', async () => {
    expect((await read({ 'a.txt': 'one\n', 'b.txt': 'two' })).documents).toEqual(['one\n', 'two']);
  });

  it('lose their byte order mark and their CR', async () => {
    const { documents, warnings } = await read({ 'a.txt': '\ufeffone\r\n\r\ntwo\rx\r\n' });
    expect(documents).toEqual(['one\n\ntwo\rx\n']);
    expect(warnings).toEqual([]);
  });

  it('are skipped when empty or blank', async () => {
    expect((await read({ 'a.txt': '', 'b.txt': ' \n\t', 'c.txt': 'x', 'd.txt': '\ufeff' })).documents).toEqual(['x']);
  });

  it('are several documents where end-of-text parts them', async () => {
    const text = 'Once.\n<|endoftext|>\n\nTwice.\n<|endoftext|><|endoftext|>\r\n\r\nThrice<|endoftext|>\n';
    expect((await read({ 'a.txt': text, 'b.txt': 'end' })).documents).toEqual(['Once.', 'Twice.', 'Thrice', 'end']);
  });

  it('warn about bytes that are not UTF-8, with the line, once', async () => {
    const { documents, warnings } = await read({ 'a.txt': Buffer.from('ok\nna\xefve\nb\xe4d', 'latin1') });
    expect(documents).toEqual(['ok\nna\ufffdve\nb\ufffdd']);
    expect(warnings).toMatchObject([{ code: 'encoding', severity: 'warning', file: 'a.txt', line: 2 }]);
  });

  it('may hold U+FFFD themselves', async () => {
    expect((await read({ 'a.txt': 'a\ufffdb' })).warnings).toEqual([]);
  });

  it('come in pieces that join to the text, with characters and separators whole', async () => {
    const unit = fc.constantFrom('海', '😀', 'é', 'a', ' ', '\n', 'word ', '<|endoftext|>');
    // One chunk is 1 MiB: repeat a random pattern across several, with and without white space.
    await fc.assert(
      fc.asyncProperty(fc.array(unit, { minLength: 1, maxLength: 12 }), fc.nat(3), async (units, shift) => {
        const pattern = units.join('');
        const text = 'x'.repeat(shift) + pattern.repeat(Math.ceil(2_500_000 / Buffer.byteLength(pattern)));
        const { documents, warnings } = await read({ 'a.txt': text });
        const expected = text
          .split('<|endoftext|>')
          .map((part, index, all) => {
            const start = index === 0 ? part : part.replace(/^\n+/, '');
            return index === all.length - 1 ? start : start.replace(/\n$/, '');
          })
          .filter(part => part.trim() !== '');
        expect(warnings).toEqual([]);
        expect(documents.length).toBe(expected.length);
        expect(documents.every((document, index) => document === expected[index])).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  it('cut without white space keep separators whole', async () => {
    // 4 MiB of letters force a cut; the separator lies across the place where it would be.
    for (let shift = 0; shift < 16; shift += 3) {
      const letters = 'y'.repeat(5 * 1024 * 1024 - 20 + shift);
      const { documents } = await read({ 'a.txt': `${letters}<|endoftext|>${'z'.repeat(1024 * 1024)}` });
      expect(documents.map(document => document.length)).toEqual([letters.length, 1024 * 1024]);
    }
  });

  it('give the same tokens in pieces as in one', async () => {
    const text = `${sampleText(1, 9000)}\n\n\n  end`;
    expect(Buffer.byteLength(text)).toBeGreaterThan(1.5 * 1024 * 1024);
    const { pieces } = await read({ 'a.txt': text });
    expect(pieces.length).toBeGreaterThan(2);
    const words = createWordCounter();
    words.add(text);
    const bpe = createBpe(await trainBpe(words.counts, { vocabSize: 320 }));
    const inPieces = pieces.flatMap(piece => bpe.encode(piece.text));
    expect(
      Buffer.from(Uint16Array.from(inPieces).buffer).equals(Buffer.from(Uint16Array.from(bpe.encode(text)).buffer)),
    ).toBe(true);
  });
});

describe('JSON lines', () => {
  it('are one document each, untouched; blank lines and blank texts are skipped', async () => {
    const lines = [
      '{"text":"a\\r\\nb"}',
      '',
      '  ',
      '{"text":"  "}',
      '{"id":1,"text":"\\ud800 海"}\r',
      '{"text":"<|endoftext|>"}',
    ];
    const { documents } = await read({ 'a.jsonl': `\ufeff${lines.join('\n')}` });
    expect(documents).toEqual(['a\r\nb', '\ud800 海', '<|endoftext|>']);
  });

  it('take the text from the field that is asked for', async () => {
    expect((await read({ 'a.jsonl': '{"body":"x","text":"y"}' }, 'body')).documents).toEqual(['x']);
  });

  it.each([
    ['{"text":"a"}\n\n{"text":', 3, /not valid JSON/],
    ['["text"]', 1, /a list/],
    ['null', 1, /null/],
    ['{"text":"a"}\n{"content":"b","n":1}', 2, /Fields with a string: "content"/],
    ['{"text":7}', 1, /not a string/],
    ['{"constructor":"x"}', 1, /no field "text"/],
  ])('are refused when broken: %j', async (content, line, words) => {
    const problem = await failure(read({ 'd/a.jsonl': content }));
    expect(problem).toMatchObject({ code: 'json-line', severity: 'error', file: 'd/a.jsonl', line });
    expect(`${problem.what} ${problem.why}`).toMatch(words);
    expect(problem.todo).not.toBe('');
  });

  it('may be longer than a chunk', async () => {
    const text = sampleText(3, 16_000);
    const lines = [text, 'short', text.slice(1)].map(part => JSON.stringify({ text: part }));
    const { documents } = await read({ 'a.jsonl': lines.join('\n') });
    expect(documents.length).toBe(3);
    expect(documents[0] === text && documents[1] === 'short' && documents[2] === text.slice(1)).toBe(true);
  });
});

it('reports progress to 1 and stops on a signal', async () => {
  const root = makeWorkspace({ 'a.txt': sampleText(1, 20), 'b.txt': sampleText(2, 20) });
  const source = sourceOf(root, ['a.txt', 'b.txt']);
  const fractions: number[] = [];
  await collect(readDocuments(source, { textField: 'text', onProgress: fraction => fractions.push(fraction) }));
  expect(fractions.at(-1)).toBe(1);
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(collect(readDocuments(source, { textField: 'text', signal }))).rejects.toThrow('enough');
});
