import { expect, it } from 'vitest';
import { saveDocument } from '../../src/extension/save-document';

/** A document whose `save` answers `answer` and leaves it dirty or not. */
function documentThat(isDirty: boolean, answer: boolean, after: boolean) {
  const document = {
    isDirty,
    asked: 0,
    async save() {
      document.asked++;
      document.isDirty = after;
      return answer;
    },
  };
  return document;
}

it('does not save what is saved', async () => {
  const document = documentThat(false, false, false);
  expect(await saveDocument(document)).toBe(true);
  expect(document.asked).toBe(0);
});

it('saves, and says when that failed', async () => {
  expect(await saveDocument(documentThat(true, true, false))).toBe(true);
  expect(await saveDocument(documentThat(true, false, true))).toBe(false);
});

it('takes no offence when auto save was faster', async () => {
  expect(await saveDocument(documentThat(true, false, false))).toBe(true);
});
