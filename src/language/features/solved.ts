import { formatInteger, formatPercent } from '../../base/format';
import { applyEdits } from '../../base/text';
import type { ResolvedModel, SizedValue, SolvedSetting } from '../analysis/resolved';
import type { Node } from '../syntax/tree';
import type { Analysed } from './analysed';

/** What a budget made of `auto`, as editors and terminals show it. */

/** The model whose `auto` stands here. */
export function solvedAt(
  { file }: Pick<Analysed, 'file'>,
  node: Node,
): (ResolvedModel & { readonly solved: SolvedSetting }) | undefined {
  return file.models.find(
    (model): model is ResolvedModel & { solved: SolvedSetting } =>
      model.solved?.own === true && model.solved.word === node,
  );
}

/** How far a size is off its budget: `0.2% below budget`. */
export function missWords(total: number, budget: number): string {
  if (total === budget) return 'exactly the budget';
  return `${formatPercent(Math.abs(total - budget) / budget)} ${total < budget ? 'below' : 'above'} budget`;
}

/** What `auto` came to and what the next sensible values would give, as markdown. */
export function solvedMarkdown({ name, budget, best, smaller, larger }: SolvedSetting): string {
  const row = ({ value, total }: SizedValue, mark: string) =>
    `| ${mark}${formatInteger(value)}${mark} | ${mark}${formatInteger(total)}${mark} | ${missWords(total, budget)} |`;
  const rows = [...(smaller ? [row(smaller, '')] : []), row(best, '**'), ...(larger ? [row(larger, '')] : [])];
  const table = ['| auto | parameters | |', '|--:|--:|:--|', ...rows].join('\n');
  return `**\`auto\`** = ${formatInteger(best.value)}: what brings the model nearest to its budget of ${formatInteger(budget)} by \`${name}\` alone\n\n${table}`;
}

/**
 * The text of a file with numbers in place of `auto`, so that it means the same for ever. Where two models give the same
 * `auto` different numbers it stays: no one number would be right.
 */
export function withSolvedValues({ file, text }: Pick<Analysed, 'file' | 'text'>): string {
  const values = new Map<number, Set<number>>();
  for (const { solved } of file.models) {
    if (solved) values.set(solved.word.start, (values.get(solved.word.start) ?? new Set()).add(solved.best.value));
  }
  const edits = file.models.flatMap(({ solved }) =>
    solved?.own && values.get(solved.word.start)?.size === 1
      ? [{ start: solved.word.start, end: solved.word.end, newText: String(solved.best.value) }]
      : [],
  );
  return applyEdits(text, edits);
}
