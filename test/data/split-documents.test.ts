import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutNear } from '../../src/data/cut-text';
import type { Piece } from '../../src/data/read-documents';
import { type PartPiece, planSplit, splitDocuments } from '../../src/data/split-documents';
import { collect, sampleText } from './workspace';

async function* stream(documents: readonly string[], pieceLength = 1e9): AsyncGenerator<Piece> {
  for (const document of documents) {
    for (let at = 0; at < document.length; at += pieceLength) {
      yield { text: document.slice(at, at + pieceLength), last: at + pieceLength >= document.length };
    }
  }
}

async function split(documents: readonly string[], holdout: number, seed = 0, pieceLength = 1e9) {
  const plan = await planSplit(stream(documents, pieceLength), { holdout, seed });
  const pieces = await collect(splitDocuments(stream(documents, pieceLength), plan));
  return { plan, train: documentsOf(pieces, 'train'), validation: documentsOf(pieces, 'validation') };
}

function documentsOf(pieces: readonly PartPiece[], part: PartPiece['part']): string[] {
  const documents: string[] = [];
  let open = '';
  let isOpen = false;
  for (const piece of pieces) {
    if (piece.part !== part) continue;
    open += piece.text;
    isOpen = !piece.last;
    if (!piece.last) continue;
    documents.push(open);
    open = '';
  }
  expect(isOpen).toBe(false);
  return documents;
}

const bytes = (texts: readonly string[]) => texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
const many = Array.from({ length: 200 }, (_, index) => sampleText(index, 1 + (index % 5)));

describe('a split by documents', () => {
  it('holds out whole documents, about the fraction asked for, each on one side', async () => {
    const { plan, train, validation } = await split(many, 0.1);
    expect(plan.kind).toBe('documents');
    expect([...train, ...validation].sort()).toEqual([...many].sort());
    expect(bytes(validation) / bytes(many)).toBeGreaterThan(0.08);
    expect(bytes(validation) / bytes(many)).toBeLessThan(0.13);
  });

  it('is the same again, and another for another seed', async () => {
    const first = await split(many, 0.1, 1);
    expect((await split(many, 0.1, 1)).validation).toEqual(first.validation);
    expect((await split(many, 0.1, 2)).validation).not.toEqual(first.validation);
  });

  it('keeps equal documents on one side', async () => {
    const twice = [...many, ...many.slice().reverse()];
    for (let seed = 0; seed < 5; seed++) {
      const { plan, train, validation } = await split(twice, 0.2, seed);
      expect(plan.kind).toBe('documents');
      const trained = new Set(train);
      expect(validation.length).toBeGreaterThan(20);
      expect(validation.filter(document => trained.has(document))).toEqual([]);
    }
  });

  it('does not hold out a document that is most of the text', async () => {
    const { train, validation } = await split([...many, sampleText(999, 2000)], 0.05);
    expect(bytes(validation) / (bytes(train) + bytes(validation))).toBeLessThan(0.07);
  });
});

describe('a split by tails', () => {
  it('cuts every document once, at a paragraph, when there are few', async () => {
    const few = [sampleText(1, 300), sampleText(2, 200)];
    const { plan, train, validation } = await split(few, 0.1);
    expect(plan.kind).toBe('tails');
    expect(train.map((head, index) => head + (validation[index] ?? ''))).toEqual(few);
    for (const head of train) expect(head.endsWith('\n\n')).toBe(true);
    expect(bytes(validation) / bytes(few)).toBeCloseTo(0.1, 2);
  });

  it('loses and repeats nothing, whatever the pieces and sizes', async () => {
    const texts = fc.array(
      fc.string({ unit: fc.constantFrom('a', '海', '😀', ' ', '\n', '. ', 'é'), minLength: 1, maxLength: 60 }),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom(0.01, 0.1, 0.25, 0.5),
        async (documents, length, holdout) => {
          const plan = await planSplit(stream(documents), { holdout, seed: 0 });
          const pieces = await collect(
            splitDocuments(stream(documents, length), { ...plan, kind: 'tails', heldOut: new Set() }),
          );
          expect(pieces.map(piece => piece.text).join('')).toBe(documents.join(''));
          // Within a document the head comes first, and each part that begins also ends.
          let open: string | null = null;
          for (const piece of pieces) {
            if (open !== null) expect(piece.part).toBe(open);
            open = piece.last ? null : piece.part;
          }
          expect(open).toBeNull();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('finds the place in a later piece', async () => {
    const text = sampleText(5, 100);
    const { train, validation } = await split([text], 0.25, 0, 1000);
    expect((train[0] ?? '') + (validation[0] ?? '')).toBe(text);
    expect(bytes(validation) / bytes([text])).toBeGreaterThan(0.2);
    expect(bytes(validation) / bytes([text])).toBeLessThan(0.3);
  });
});

it('a holdout of 0 holds nothing out', async () => {
  const { plan, train, validation } = await split(many, 0);
  expect(plan.kind).toBe('none');
  expect(train).toEqual(many);
  expect(validation).toEqual([]);
});

describe('cutNear', () => {
  it.each([
    ['one two\n\nthree. four', 8, 6, 'one two\n\n'],
    ['one two\nthree. four', 12, 6, 'one two\n'],
    ['one two three. four', 12, 6, 'one two three. '],
    ['one two three four', 9, 4, 'one two '],
    ['abcdefgh', 4, 4, 'abcd'],
    ['ab😀cd', 3, 3, 'ab'],
    ['abc', 0, 3, ''],
    ['abc', 3, 3, 'abc'],
  ])('%j near %i within %i gives %j', (text, target, reach, head) => {
    expect(text.slice(0, cutNear(text, target, reach))).toBe(head);
  });
});
