import { type LineIndex, lineAt } from '../../base/text';
import { type Comment, walk } from '../syntax/tree';
import type { Analysed } from './analysed';

/** Lines that can be folded away; the first stays visible. */
export interface Fold {
  readonly startLine: number;
  readonly endLine: number;
  readonly kind: 'block' | 'comment' | 'region';
}

/** Blocks, lists and groups over several lines, runs of comment lines, and `# region` … `# endregion`. */
export function folds({ file, lines }: Analysed): readonly Fold[] {
  const found: Fold[] = [];
  walk(file.document, node => {
    if (node.kind !== 'body' && node.kind !== 'list' && node.kind !== 'group') return;
    const startLine = lineAt(lines, node.start);
    const lastLine = lineAt(lines, Math.max(node.start, node.end - 1));
    // The closing brace stays visible, as editors show it behind the fold.
    const endLine = node.kind === 'body' && !node.closed ? lastLine : lastLine - 1;
    if (endLine > startLine) found.push({ startLine, endLine, kind: 'block' });
  });
  return [...found, ...commentFolds(file.document.comments, lines)].sort((a, b) => a.startLine - b.startLine);
}

function commentFolds(comments: readonly Comment[], lines: LineIndex): Fold[] {
  const found: Fold[] = [];
  const regions: number[] = [];
  let run: { start: number; end: number } | undefined;
  const finish = () => {
    if (run && run.end > run.start) found.push({ startLine: run.start, endLine: run.end, kind: 'comment' });
    run = undefined;
  };
  for (const comment of comments) {
    const line = lineAt(lines, comment.start);
    const marker = /^#\s*(region|endregion)\b/.exec(comment.text)?.[1];
    if (marker || comment.trailing) {
      finish();
      if (marker === 'region') regions.push(line);
      const start = marker === 'endregion' ? regions.pop() : undefined;
      if (start !== undefined) found.push({ startLine: start, endLine: line, kind: 'region' });
    } else if (run?.end === line - 1) {
      run.end = line;
    } else {
      finish();
      run = { start: line, end: line };
    }
  }
  finish();
  return found;
}
