import { lineAt, lineIndex } from '../../base/text';
import type { Document } from '../syntax/tree';
import type { Problem } from './problem';

const marker = /#\s*supra-ignore\b:?\s*(.*)$/;

/** The codes that `# supra-ignore CODE, CODE` silences, by line (from zero). */
export type Suppressions = ReadonlyMap<number, ReadonlySet<string>>;

/** Finds what is silenced where: a comment behind a line is about that line, one on its own about the next line with content. */
export function suppressionsOf(document: Document): Suppressions {
  const silenced = new Map<number, Set<string>>();
  const marked = document.comments.filter(({ text }) => marker.test(text));
  if (marked.length === 0) return silenced;
  const index = lineIndex(document.text);
  const commentLines = new Set(
    document.comments.filter(({ trailing }) => !trailing).map(({ start }) => lineAt(index, start)),
  );
  for (const { text, start, trailing } of marked) {
    // Words behind the codes, as in `supra-ignore CODE because …`, are for people.
    const list = /^[a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*/.exec(marker.exec(text)?.[1] ?? '')?.[0] ?? '';
    let line = lineAt(index, start);
    if (!trailing) while (commentLines.has(line)) line++;
    const codes = silenced.get(line) ?? new Set();
    for (const code of list.split(',')) if (code.trim() !== '') codes.add(code.trim());
    silenced.set(line, codes);
  }
  return silenced;
}

/** Whether a problem that starts on this line is silenced. Errors never are: the file means nothing while they stand. */
export function isSuppressed(suppressions: Suppressions, line: number, { code, severity }: Problem): boolean {
  return severity !== 'error' && (suppressions.get(line)?.has(code) ?? false);
}
