import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../../src/base/text';
import { analysed } from '../../../src/language/features/analysed';
import { definition } from '../../../src/language/features/definition';
import { references } from '../../../src/language/features/references';
import { prepareRename, rename } from '../../../src/language/features/rename';
import { cursor, inLayer, inModel } from './cursor';

/** The line that a definition is on, with the word that names it in brackets. */
function target(text: string): string {
  const { offset, ...file } = cursor(text);
  const found = definition(file, offset);
  if (!found) return '';
  const { text: source } = found.document;
  const { start, end } = found.selection;
  const from = source.lastIndexOf('\n', start - 1) + 1;
  const marked = `${source.slice(from, start)}[${source.slice(start, end)}]${source.slice(end, `${source}\n`.indexOf('\n', end))}`;
  return marked.trim();
}

describe('definition', () => {
  it.each([
    ['a layer in a pattern', inModel('  layers = wi$0de * 2'), 'layer [wide] from block {'],
    ['a layer behind from', inModel('  layer x from bl$0ock {\n  }'), 'layer [block] {'],
    ['a model', `${inModel('')}train {\n  model = sm$0all\n}`, 'model [small] {'],
    ['a setting in arithmetic', inLayer('ffn swiglu { width = 4 * hid$0den }'), '[hidden] = 256'],
    ['a model of the gallery', 'model x from llama_$0tiny {\n}', 'model [llama_tiny] {'],
    [
      'what a block changes',
      inModel('  layer x from block {\n    attent$0ion { kv_heads = 2 }\n  }'),
      '[attention] gqa { heads = 8 }',
    ],
    ['a number', inModel('  init_std = 0.$002'), ''],
    ['a setting without a text of its own', inLayer('ffn swiglu { width = lay$0ers }'), ''],
  ])('of %s', (_what, text, expected) => expect(target(text)).toBe(expected));
});

describe('references', () => {
  it('of a layer are its definition and all uses, from wherever asked', () => {
    const text = inModel('  layers = (block, wide) * 2, block');
    for (const at of ['layer block', '(block', ', block', 'from block']) {
      const { offset, ...file } = cursor(text.replace(at, `${at}$0`));
      const found = references(file, offset);
      expect(found.map(({ kind }) => kind)).toEqual(['definition', 'use', 'use', 'use']);
      for (const { start, end } of found) expect(file.text.slice(start, end)).toBe('block');
    }
  });

  it('of a setting are the arithmetic that uses it', () => {
    const { offset, ...file } = cursor(
      inModel('  layer x {\n    ffn mlp { width = 2 * hidden }\n  }').replace('hidden', 'hid$0den'),
    );
    expect(references(file, offset)).toHaveLength(2);
  });

  it('of anything else are none', () => {
    const { offset, ...file } = cursor(inLayer('norm r$0ms'));
    expect(references(file, offset)).toEqual([]);
  });
});

describe('rename', () => {
  const renamed = (text: string, name: string): string => {
    const { offset, ...file } = cursor(text);
    const result = rename(file, offset, name);
    return 'problem' in result ? result.problem : applyEdits(file.text, result.edits);
  };

  it('changes every use and nothing else, and brings no new problem', () => {
    const text = `${inModel('  layers = (block, wide) * 2, block')}train {\n  model = small\n}\n`;
    const after = renamed(text.replace('(block', '(bl$0ock'), 'narrow');
    expect(after).toBe(text.replaceAll(/\bblock\b/g, 'narrow'));
    expect(analysed(after).problems.map(({ code }) => code)).toEqual(analysed(text).problems.map(({ code }) => code));
    expect(renamed(text.replace('= small', '= sma$0ll'), 'tiny')).toBe(text.replaceAll('small', 'tiny'));
  });

  it('refuses names that would break the file', () => {
    const text = inModel('  layers = bl$0ock');
    expect(renamed(text, '3b')).toContain('cannot be a name');
    expect(renamed(text, 'from')).toContain('word of the language');
    expect(renamed(text, 'wide')).toContain('already a layer');
  });

  it('leaves alone what has no name of its own', () => {
    for (const text of [
      inLayer('norm r$0ms'),
      inLayer('ffn swiglu { width = 4 * hid$0den }'),
      'model x from llama_$0tiny {\n}',
    ]) {
      const { offset, ...file } = cursor(text);
      expect(prepareRename(file, offset)).toHaveProperty('problem');
    }
    const { offset, ...file } = cursor(inModel('  layers = bl$0ock'));
    expect(prepareRename(file, offset)).toMatchObject({ name: 'block' });
  });
});
