import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Puts a text between the marks `<!-- NAME: begin -->` and `<!-- NAME: end -->` of a page. */
export function writeBetweenMarks(file: string, name: string, text: string): void {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [before, rest = ''] = readFileSync(file, 'utf8').split(begin);
  const after = rest.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`Expected the marks ${begin} and ${end} in ${file}.`);
  writeFileSync(file, `${before}${begin}\n${text}\n${end}${after}`);
}

/** Where and when a figure was taken: processor, cores, day, commit. */
export const machineAndDay = (root: string): string =>
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}, commit ${commitOf(root)}.`;

export function commitOf(root: string): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** A table of Markdown. The first `texts` columns hold words, the others numbers. */
export function markdownRows(head: readonly string[], rows: readonly (readonly string[])[], texts: number): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column < texts ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
