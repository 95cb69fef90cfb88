import { expect, it } from 'vitest';
import { saveDocument } from '../../src/extension/save-document';

/** A document whose `save` answers `answer`, and that is saved `after` milliseconds later, or never. */
function documentThat(isDirty: boolean, answer: boolean, after: number | null) {
  const document = {
    isDirty,
    asked: 0,
    async save() {
      document.asked++;
      const clean = () => {
        document.isDirty = false;
      };
      if (after === 0) clean();
      else if (after !== null) setTimeout(clean, after);
      return answer;
    },
  };
  return document;
}

it('does not save what is saved', async () => {
  const document = documentThat(false, false, null);
  expect(await saveDocument(document)).toBe(true);
  expect(document.asked).toBe(0);
});

it('saves, and says when that failed, having asked once', async () => {
  expect(await saveDocument(documentThat(true, true, 0))).toBe(true);
  const broken = documentThat(true, false, null);
  expect(await saveDocument(broken)).toBe(false);
  expect(broken.asked).toBe(1);
});

it('takes no offence when auto save was faster, or is still writing', async () => {
  for (const after of [0, 150]) {
    const document = documentThat(true, false, after);
    expect(await saveDocument(document)).toBe(true);
    expect([document.isDirty, document.asked]).toEqual([false, 1]);
  }
});
