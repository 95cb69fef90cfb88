import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../../src/base/text';
import { analysed } from '../../../src/language/features/analysed';
import { codeActions, fixAll } from '../../../src/language/features/code-actions';
import { diagnostics } from '../../../src/language/features/diagnostics';
import { links } from '../../../src/language/features/links';
import { inModel } from './cursor';

const doubtful = inModel(
  '  layer other {\n    attention gqa { heads = 8  window = 4096 }\n    ffn swiglu\n  }\n  layers = (block, wide, other) * 2',
);
const codesOf = (text: string, overrides = {}) => diagnostics(analysed(text), overrides).map(({ code }) => code);
const everything = (text: string) => ({ start: 0, end: text.length });

describe('diagnostics', () => {
  it('mark the text that is wrong and lead to its page', () => {
    const text = inModel('  layers = blok * 3');
    const [first, ...others] = diagnostics(analysed(text)).filter(({ severity }) => severity === 'error');
    expect(others).toEqual([]);
    expect(first).toMatchObject({ code: 'unknown-reference', page: 'language-problems.md#unknown-reference' });
    expect(text.slice(first?.start, first?.end)).toBe('blok');
  });

  it('follow the severities that the user chose', () => {
    const before = diagnostics(analysed(doubtful)).find(({ code }) => code === 'window-without-effect');
    expect(before).toMatchObject({ page: 'checks/window-without-effect.md' });
    expect(before?.severity).not.toBe('error');
    const after = diagnostics(analysed(doubtful), { 'window-without-effect': 'error' });
    expect(after.find(({ code }) => code === 'window-without-effect')?.severity).toBe('error');
    expect(codesOf(doubtful, { 'window-without-effect': 'off' })).not.toContain('window-without-effect');
  });

  it('never hide an error', () => {
    const text = inModel('  layers = blok # supra-ignore unknown-reference');
    expect(codesOf(text, { 'unknown-reference': 'off' })).toContain('unknown-reference');
  });

  it('are silenced by a comment on their line', () => {
    const silenced = doubtful.replace('window = 4096 }', 'window = 4096 } # supra-ignore window-without-effect');
    expect(codesOf(doubtful)).toContain('window-without-effect');
    expect(codesOf(silenced)).not.toContain('window-without-effect');
  });

  it('fade what has no effect', () => {
    const unused = diagnostics(analysed(inModel('  layers = block'))).find(({ code }) => code === 'unused-layer');
    expect(unused).toMatchObject({ severity: 'hint', unnecessary: true });
  });
});

describe('code actions', () => {
  it('change a misspelt word into the nearest one', () => {
    const text = inModel('  layers = blok * 3');
    const at = text.indexOf('blok');
    const [best] = codeActions(analysed(text), { start: at, end: at });
    expect(best).toMatchObject({ kind: 'fix', preferred: true });
    expect(applyEdits(text, best?.edits ?? [])).toBe(text.replace('blok', 'block'));
  });

  it.each([
    ['on a bare line', '}', '}  # supra-ignore window-without-effect'],
    ['in front of a comment', '}  # as in Gemma', '}  # supra-ignore window-without-effect # as in Gemma'],
    ['behind other codes', '} # supra-ignore a-b', '} # supra-ignore a-b, window-without-effect'],
  ])('silence a problem %s', (_where, before, after) => {
    const text = doubtful.replace('window = 4096 }', `window = 4096 ${before}`);
    const at = text.indexOf('window = 4096');
    const silence = codeActions(analysed(text), { start: at, end: at }).find(
      ({ kind, problem }) => kind === 'silence' && problem?.code === 'window-without-effect',
    );
    const done = applyEdits(text, silence?.edits ?? []);
    expect(done).toBe(doubtful.replace('window = 4096 }', `window = 4096 ${after}`));
    expect(codesOf(done)).not.toContain('window-without-effect');
  });

  it('never offer to silence an error', () => {
    const text = inModel('  layers = blok * 3');
    const kinds = codeActions(analysed(text), everything(text)).filter(
      ({ problem }) => problem?.code === 'unknown-reference',
    );
    expect(kinds.map(({ kind }) => kind)).not.toContain('silence');
  });

  it('repair every mistake that has one sure repair at once', () => {
    const text = inModel('  layers = blok * 3\n  tied = tru').replace('norm rms', 'nrm rms');
    const all = fixAll(analysed(text));
    const done = applyEdits(text, all?.edits ?? []);
    expect(done).toContain('layers = block * 3');
    expect(done).toContain('norm rms');
    expect(codeActions(analysed(text), everything(text)).at(-1)?.kind).toBe('fix-all');
    expect(fixAll(analysed(inModel('  layers = block')))).toBeUndefined();
  });
});

describe('links', () => {
  it('lead from paths and silenced codes, not from globs', () => {
    const text =
      'data a {\n  source = "text/*.txt"\n  tokenizer hf { file = "tok/tokenizer.json" } # supra-ignore few-tokens-per-parameter\n}\n';
    const found = links(analysed(text));
    expect(found.map(({ start, end }) => text.slice(start, end))).toEqual([
      'tok/tokenizer.json',
      'few-tokens-per-parameter',
    ]);
    expect(found[1]?.target).toEqual({ kind: 'docs', page: 'checks/few-tokens-per-parameter.md' });
  });
});
