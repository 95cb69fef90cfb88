import { describe, expect, it } from 'vitest';
import { analysed } from '../../../src/language/features/analysed';
import { codeLenses, lensText } from '../../../src/language/features/code-lens';
import { folds } from '../../../src/language/features/folding';
import { inlayHints } from '../../../src/language/features/inlay-hints';
import { semanticTokens } from '../../../src/language/features/semantic-tokens';
import { type OutlineItem, outline } from '../../../src/language/features/symbols';
import { corpus } from './corpus';

const machine = { flopsPerSecond: 5e10, memoryBytes: 16e9 };

describe.each(corpus)('%s', (name, text) => {
  const file = analysed(text);
  const baseline = (feature: string) => `./baselines/${name}.${feature}.txt`;

  it('has its hints and lenses', async () => {
    let shown = text;
    for (const { offset, label } of inlayHints(file, { start: 0, end: text.length }).toReversed()) {
      shown = `${shown.slice(0, offset)}«${label}»${shown.slice(offset)}`;
    }
    const lenses = codeLenses(file).map(lens => {
      const where = text.slice(lens.span.start, text.indexOf('\n', lens.span.start));
      return `${where} :: ${lensText(file, lens, machine)?.title}`;
    });
    await expect(`${lenses.join('\n')}\n\n${shown}`).toMatchFileSnapshot(baseline('hints'));
  });

  it('has its outline', async () => {
    const lines = (items: readonly OutlineItem[], indent = ''): string[] =>
      items.flatMap(item => [
        `${indent}${item.name} [${item.kind}] ${item.detail}`.trimEnd(),
        ...lines(item.children, `${indent}  `),
      ]);
    await expect(lines(outline(file)).join('\n')).toMatchFileSnapshot(baseline('outline'));
  });

  it('has its colours', async () => {
    const words = semanticTokens(file)
      .filter(({ type }) => type !== 'comment')
      .map(({ start, end, type, modifiers }) => `${text.slice(start, end)} ${[type, ...modifiers].join('.')}`);
    await expect(words.join('\n')).toMatchFileSnapshot(baseline('colours'));
  });

  it('has its folds', async () => {
    const lines = text.split('\n');
    const shown = folds(file).map(
      ({ startLine, endLine, kind }) => `${kind}: ${lines[startLine]?.trim()} … ${lines[endLine]?.trim()}`,
    );
    await expect(shown.join('\n')).toMatchFileSnapshot(baseline('folds'));
  });
});
