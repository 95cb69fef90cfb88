import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../../src/base/text';
import { analysed } from '../../../src/language/features/analysed';
import { codeActions } from '../../../src/language/features/code-actions';
import { lensText } from '../../../src/language/features/code-lens';
import { completion } from '../../../src/language/features/completion';
import { hover } from '../../../src/language/features/hover';
import { inlayHints } from '../../../src/language/features/inlay-hints';
import { unknownMachine } from '../../../src/language/features/machine';
import { semanticTokens } from '../../../src/language/features/semantic-tokens';
import { withSolvedValues } from '../../../src/language/features/solved';

const text = `model small {
  budget = 5M
  vocab  = 8192
  hidden = auto
  layer block {
    norm rms
    attention gqa { heads = 8 }
    ffn swiglu
  }
  layers = block * 6
}
`;
const at = text.indexOf('auto') + 2;
const file = analysed(text);

describe('auto in the editor', () => {
  it('shows its number behind it', () => {
    const hint = inlayHints(file, { start: 0, end: text.length }).find(
      ({ offset }) => offset === text.indexOf('auto') + 4,
    );
    expect(hint?.label).toBe('= 192');
  });

  it('tells on hover what the neighbours would give', () => {
    const { markdown } = hover(file, at) ?? expect.fail();
    expect(markdown).toContain('**`auto`** = 192');
    expect(markdown).toContain('| **192** | **5,114,304** | 2.3% above budget |');
    expect(markdown).toMatch(/\| 176 \| 4,417,776 \| 12% below budget \|/);
    expect(hover(file, text.indexOf('hidden') + 2)?.markdown).toContain('Here: `auto` = 192.');
  });

  it('says above the model how far off it is', () => {
    expect(lensText(file, { part: 'size', index: 0 }, unknownMachine)).toMatchObject({
      title: '5.11 M parameters · 2.3% above budget',
      tooltip: '5,114,304 parameters, for a budget of 5,000,000',
    });
  });

  it('can be written out', () => {
    const action = codeActions(file, { start: at, end: at }).find(({ kind }) => kind === 'rewrite');
    expect(action?.title).toBe('Write 192 in place of auto');
    expect(applyEdits(text, action?.edits ?? [])).toBe(text.replace('auto', '192'));
    expect(withSolvedValues(file)).toBe(text.replace('auto', '192'));
  });

  it('is not written out where one word stands for two numbers', () => {
    const copied = `${text}model other from small { vocab = 2048 }\n`;
    expect(withSolvedValues(analysed(copied))).toBe(copied);
  });

  it('is offered and coloured', () => {
    const open = text.replace('auto', '');
    const labels = (offset: number) => completion(analysed(open), offset).items.map(({ label }) => label);
    expect(labels(open.indexOf('hidden = ') + 9)).toContain('auto');
    expect(labels(open.indexOf('budget = ') + 9)).not.toContain('auto');
    expect(semanticTokens(file).find(({ start }) => start === text.indexOf('auto'))?.type).toBe('enumMember');
  });

  it('can be repaired where it has no budget', () => {
    const broken = text.replace('  budget = 5M\n', '');
    const place = broken.indexOf('auto');
    const [first] = codeActions(analysed(broken), { start: place, end: place });
    const repaired = applyEdits(broken, first?.edits ?? []);
    expect(repaired).toMatch(/^model small \{\n {2}budget = \d/);
    expect(analysed(repaired).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
