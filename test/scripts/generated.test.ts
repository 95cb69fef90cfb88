import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../scripts/generate';
import { blocks } from '../../src/architecture/blocks';
import { components } from '../../src/architecture/registry';
import { problemCodes } from '../../src/language/analysis/problems';
import { analysed } from '../../src/language/features/analysed';
import { plainText } from '../../src/language/features/completion';
import { pageOf } from '../../src/language/features/diagnostics';
import { referencePage } from '../../src/language/features/wording';
import { corpus } from '../language/features/corpus';

const root = join(import.meta.dirname, '../..');
const files = generatedFiles(root);
const read = (path: string): string => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '');

describe('generated files', () => {
  it.each([...files])(
    '%s is current (if not: node scripts/run-typescript.mjs scripts/write-generated.ts)',
    (path, text) => {
      expect(read(path)).toBe(text);
    },
  );

  it('hold a heading for every page that hovers and problems lead to', () => {
    const pages = [
      ...Object.keys(blocks).map(word => referencePage(undefined, word)),
      ...components.map(([, component]) => referencePage(component, component.slot)),
    ].map(page => page.replace(/(#|$)/, '.md$1'));
    for (const page of [...pages, ...problemCodes.map(pageOf)]) {
      const [path = '', heading] = page.split('#');
      const text = read(`docs/${path}`);
      expect([page, text !== '']).toEqual([page, true]);
      if (heading !== undefined) expect(text.split('\n')).toContain(`## ${heading}`);
    }
  });
});

interface Rule {
  readonly match?: string;
  readonly captures?: Readonly<Record<string, { readonly name?: string }>>;
  readonly name?: string;
  readonly patterns?: readonly Rule[];
  readonly include?: string;
}
const grammar = JSON.parse(read('media/supra.tmLanguage.json')) as {
  readonly patterns: readonly Rule[];
  readonly repository: Readonly<Record<string, Rule>>;
};

/** The rules in the order in which an editor tries them. */
const rules = grammar.patterns.flatMap(({ include = '' }) => {
  const rule = grammar.repository[include.slice(1)];
  return rule?.patterns ?? (rule ? [rule] : []);
});

/** The scopes of a line, as an editor finds them: at each place the first rule that matches nearest. */
function scopes(line: string): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at < line.length; ) {
    const matches = rules.flatMap(rule => {
      const pattern = new RegExp(rule.match ?? '', 'dg');
      pattern.lastIndex = at;
      const match = pattern.exec(line);
      return match ? [{ rule, match }] : [];
    });
    const first = matches.sort((a, b) => a.match.index - b.match.index)[0];
    if (!first) break;
    const { rule, match } = first;
    if (rule.name) found.push(`${match[0]} ${rule.name}`);
    match.forEach((part, index) => {
      const name = index === 0 ? undefined : rule.captures?.[index]?.name;
      if (part && name) found.push(`${part} ${name}`);
    });
    at = match.index + Math.max(1, match[0].length);
  }
  return found.map(scope => scope.replace(/\.supra$/, ''));
}

describe('grammar', () => {
  it('tells blocks, slots, settings, choices, numbers and units apart', () => {
    expect(scopes('layer global from local {')).toEqual([
      'layer storage.type.block',
      'global entity.name.type',
      'from keyword.control.from',
      'local entity.other.inherited-class',
      '{ punctuation.section.block',
    ]);
    expect(scopes('attention gqa { heads = 8  qk_norm = layer }  # supra-ignore x')).toEqual([
      'attention keyword.other.slot',
      'gqa support.class.component',
      '{ punctuation.section.block',
      'heads variable.other.property',
      '= keyword.operator.assignment',
      '8 constant.numeric',
      'qk_norm variable.other.property',
      '= keyword.operator.assignment',
      'layer support.constant.property-value',
      '} punctuation.section.block',
      '# supra-ignore x comment.line.number-sign',
    ]);
    expect(scopes('holdout = 5%')).toContain('% keyword.other.unit');
    expect(scopes('source = "a#b"')).toContain('"a#b" string.quoted.double');
    expect(scopes('head linear')).toEqual(['head keyword.other.slot', 'linear support.class.component']);
  });

  it('knows every word that a file uses', () => {
    for (const [, text] of corpus) {
      const unknown = text
        .split('\n')
        .flatMap(scopes)
        .filter(scope => scope.endsWith(' variable.other.property.unknown'));
      // The one mistake of the corpus.
      expect(unknown.map(scope => scope.split(' ')[0])).toEqual(text.includes('sede') ? ['sede'] : []);
    }
  });
});

describe('snippets', () => {
  const snippets = JSON.parse(read('media/snippets.json')) as Readonly<
    Record<string, { readonly body: readonly string[] }>
  >;

  it('write a whole file without a problem', () => {
    const text = plainText(snippets['Model, data and run']?.body.join('\n') ?? '');
    expect(text).toContain('model name {');
    expect(analysed(text).problems.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  it('write layers that fit into a model', () => {
    const layers = plainText(snippets['Local and global layers']?.body.join('\n') ?? '');
    const { problems, file } = analysed(`model a {\n  vocab = 8192\n  hidden = 256\n${layers}\n}\n`);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(file.models[0]?.spec?.stack).toHaveLength(12);
  });
});

describe('language configuration', () => {
  const configuration = JSON.parse(read('media/language-configuration.json')) as {
    readonly indentationRules: Readonly<Record<'increaseIndentPattern' | 'decreaseIndentPattern', string>>;
    readonly wordPattern: string;
  };

  it('indents behind an open brace only', () => {
    const increase = new RegExp(configuration.indentationRules.increaseIndentPattern);
    expect(increase.test('model a {')).toBe(true);
    expect(increase.test('model a {   # open')).toBe(true);
    expect(increase.test('  attention gqa { heads = 8 }')).toBe(false);
    expect(increase.test('# model a {')).toBe(false);
    expect(new RegExp(configuration.indentationRules.decreaseIndentPattern).test('  }')).toBe(true);
  });

  it('takes numbers with units as words', () => {
    const words = 'lr = 1.178e-3  tokens = 50M'.match(new RegExp(configuration.wordPattern, 'g'));
    expect(words).toContain('50M');
  });
});
