import type { ModelSpec } from '../../architecture/model';
import type { Document } from '../syntax/tree';
import type { Check } from './checks/check';
import type { WrittenBlock } from './resolved';

/**
 * What an analysis found that depends on the text of a block and of what it is copied from, and not on where in the
 * file that stands: so that the next analysis of the file need not find it again. By those texts.
 */
export interface Recall {
  readonly specs: Findings<ModelSpec>;
  /** The rules that say something about a model and its runs. */
  readonly speaking: Findings<readonly Check[]>;
}

/** Findings of the analysis before and of this one. */
export interface Findings<T> {
  readonly before: ReadonlyMap<string, T>;
  readonly now: Map<string, T>;
}

/** Starts afresh, or from what another analysis found. It keeps nothing older than that. */
export const openRecall = (before?: Recall): Recall => ({
  specs: { before: before?.specs.now ?? new Map(), now: new Map() },
  speaking: { before: before?.speaking.now ?? new Map(), now: new Map() },
});

/** What was found for a text, or is now. Without a text nothing is kept. */
export function recalled<T>({ before, now }: Findings<T>, text: string | undefined, find: () => T): T {
  if (text === undefined) return find();
  const found = now.get(text) ?? before.get(text) ?? find();
  now.set(text, found);
  return found;
}

/**
 * All that a block is made of, nearest first, as one text: it decides the tree. Undefined where braces do not match,
 * since then the tree follows from the rest of the file as well.
 */
export function textOf(written: readonly WrittenBlock[], file: Document): string | undefined {
  let text = '';
  for (const { block, document } of written) {
    if (!document.balanced) return undefined;
    text += `${document === file ? 'here' : 'elsewhere'} ${block.end - block.start} `;
    text += document.text.slice(block.start, block.end);
  }
  return text;
}
