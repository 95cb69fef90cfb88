import fc from 'fast-check';
import { expect, it } from 'vitest';
import { moveThrough, numberAt, type TextChange, type WrittenPlace } from '../../src/extension/written-places';

const uri = 'file:///model.supra';
const text = 'model deep {\n  hidden = 64\n  layer {\n    attention gqa { heads = 4 }\n    ffn swiglu\n  }\n}\n';

/** Where a piece of the text is written. */
function placeOf(piece: string, number = 0): WrittenPlace {
  const start = text.indexOf(piece);
  if (start < 0) throw new Error(`Expected '${piece}' in the text.`);
  return { number, uri, start, end: start + piece.length };
}
/** What a place stands for after changes of the text, applied one by one. */
function after(place: WrittenPlace, changes: readonly TextChange[]): string {
  moveThrough([place], uri, changes);
  return applied(text, changes).slice(place.start, place.end);
}
const applied = (before: string, changes: readonly TextChange[]): string =>
  changes.reduce(
    (now, { rangeOffset, rangeLength, text: put }) =>
      now.slice(0, rangeOffset) + put + now.slice(rangeOffset + rangeLength),
    before,
  );
const replace = (piece: string, put: string): TextChange => ({
  rangeOffset: text.indexOf(piece),
  rangeLength: piece.length,
  text: put,
});

it('a part stands where it was after edits before, in and behind it', () => {
  const part = 'attention gqa { heads = 4 }';
  expect(after(placeOf(part), [replace('64', '')])).toBe(part);
  expect(after(placeOf(part), [replace('  layer', '  # a line more\n  layer')])).toBe(part);
  expect(after(placeOf(part), [replace('heads = 4', 'heads = ')])).toBe('attention gqa { heads =  }');
  expect(after(placeOf(part), [replace('ffn', 'f')])).toBe(part);
  // VS Code tells the last first, so that earlier offsets still hold.
  expect(after(placeOf(part), [replace('ffn', 'ff'), replace('gqa', 'g'), replace('64', '640')])).toBe(
    'attention g { heads = 4 }',
  );
});

it('text typed right before a part shifts it, text right behind does not belong to it', () => {
  expect(after(placeOf('ffn swiglu'), [{ rangeOffset: text.indexOf('ffn'), rangeLength: 0, text: 'x ' }])).toBe(
    'ffn swiglu',
  );
  const end = text.indexOf('ffn swiglu') + 'ffn swiglu'.length;
  expect(after(placeOf('ffn swiglu'), [{ rangeOffset: end, rangeLength: 0, text: ' { width = ' }])).toBe('ffn swiglu');
});

it('a part that is deleted leaves the place where it was, and no cursor is in it', () => {
  const part = placeOf('ffn swiglu', 7);
  expect(after(part, [replace('    ffn swiglu\n', '')])).toBe('');
  expect(part.start).toBe(text.indexOf('    ffn swiglu'));
  expect(numberAt([part], uri, part.start)).toBeNull();
});

it('edits of another document move nothing', () => {
  const part = placeOf('ffn swiglu');
  const before = { ...part };
  moveThrough([part], 'file:///other.supra', [replace('64', '')]);
  expect(part).toEqual(before);
});

it('a cursor is in the smallest part around it', () => {
  const places = [placeOf(text, 1), placeOf('attention gqa { heads = 4 }', 2), placeOf('ffn swiglu', 3)];
  expect(numberAt(places, uri, text.indexOf('heads'))).toBe(2);
  expect(numberAt(places, uri, text.indexOf('hidden'))).toBe(1);
  expect(numberAt(places, uri, text.indexOf('swiglu') + 'swiglu'.length)).toBe(3);
  expect(numberAt(places, 'file:///other.supra', 20)).toBeNull();
});

it('whatever is edited, a place stays inside the document, and one that is not touched keeps its text', () => {
  const mark = 'ffn swiglu';
  const marked = text.indexOf(mark);
  const edit = fc.record({ at: fc.nat(), length: fc.nat(30), text: fc.string({ maxLength: 30 }) });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 20 }), edits => {
      let now = text;
      const place = placeOf(mark);
      const shadow = { start: marked, touched: false };
      for (const { at, length, text: put } of edits) {
        const rangeOffset = at % (now.length + 1);
        const rangeLength = Math.min(length, now.length - rangeOffset);
        const change = { rangeOffset, rangeLength, text: put };
        moveThrough([place], uri, [change]);
        now = applied(now, [change]);
        if (rangeOffset + rangeLength <= shadow.start) shadow.start += put.length - rangeLength;
        else if (rangeOffset < shadow.start + mark.length) shadow.touched = true;
        expect(0 <= place.start && place.start <= place.end && place.end <= now.length).toBe(true);
        if (!shadow.touched) expect(now.slice(place.start, place.end)).toBe(mark);
      }
    }),
  );
});
