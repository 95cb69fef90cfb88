import type { Word } from '../syntax/tree';
import type { Environment } from './evaluate';
import type { OpenBlock, SettingSource } from './open-block';

/** The word for a number that the budget of a model decides. */
export const autoWord = 'auto';

/** A place where `auto` stands for a number. */
export interface AutoUse {
  readonly word: Word;
  readonly block: OpenBlock;
  /** The setting whose value it is, or is part of. */
  readonly name: string;
  readonly source: SettingSource;
  readonly report: Environment['report'];
}

/** The places by their words: a layer that is copied uses the same word again. Those that were not copied come first. */
export function distinctUses(uses: readonly AutoUse[]): readonly AutoUse[] {
  const byWord = new Map<Word, AutoUse>();
  for (const use of uses) {
    const known = byWord.get(use.word);
    if (!known || (known.source.inherited && !use.source.inherited)) byWord.set(use.word, use);
  }
  return [...byWord.values()].sort((a, b) => a.word.start - b.word.start);
}
