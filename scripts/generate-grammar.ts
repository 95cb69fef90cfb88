import { blocks } from '../src/architecture/blocks';
import type { Definition } from '../src/architecture/component';
import { components } from '../src/architecture/registry';
import { blockSnippets } from '../src/language/features/block-snippets';
import { unitNames } from '../src/language/syntax/units';

/**
 * What editors need to colour a file before (or without) the language server: the TextMate grammar and the snippets, from
 * the words of the registry. Paths relative to the package, with contents.
 */
export function grammarFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['media/supra.tmLanguage.json', json(grammar())],
    ['media/snippets.json', json(snippets())],
  ]);
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const definitions: readonly Definition[] = [
  ...Object.values(blocks),
  ...components.map(([, component]) => component as Definition),
];

function grammar() {
  const name = '[A-Za-z_][A-Za-z0-9_]*';
  const slots = words(definitions.flatMap(({ slots }) => Object.keys(slots)));
  const variants = words(components.map(([, component]) => component.word));
  const settings = words(definitions.flatMap(({ fields }) => Object.keys(fields)));
  const choices = words([
    'none',
    ...definitions.flatMap(({ fields }) =>
      Object.values(fields).flatMap(field => (field.kind === 'choice' ? Object.keys(field.choices) : [])),
    ),
  ]);
  return {
    $schema: 'https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json',
    name: 'Supra',
    scopeName: 'source.supra',
    fileTypes: ['supra'],
    patterns: ['comment', 'setting', 'block', 'slot', 'value'].map(rule => ({ include: `#${rule}` })),
    repository: {
      comment: {
        match: '#.*$',
        name: 'comment.line.number-sign.supra',
        captures: { 0: { patterns: [{ match: '\\bsupra-ignore\\b', name: 'keyword.other.directive.supra' }] } },
      },
      // A choice is only one behind its equals sign: `layer` is a block elsewhere.
      setting: {
        match: `\\b(?:(${settings})|(${name}))\\s*(=)(?:\\s*(${choices})\\b(?!\\s*[*(]))?`,
        captures: {
          1: { name: 'variable.other.property.supra' },
          // Coloured like the others, but told apart.
          2: { name: 'variable.other.property.unknown.supra' },
          3: { name: 'keyword.operator.assignment.supra' },
          4: { name: 'support.constant.property-value.supra' },
        },
      },
      block: {
        match: `\\b(${words(Object.keys(blocks))})\\b(?:[ \\t]+(?!from\\b)(${name}))?(?:[ \\t]+(from)\\b(?:[ \\t]+(${name}))?)?`,
        captures: {
          1: { name: 'storage.type.block.supra' },
          2: { name: 'entity.name.type.supra' },
          3: { name: 'keyword.control.from.supra' },
          4: { name: 'entity.other.inherited-class.supra' },
        },
      },
      slot: {
        match: `\\b(${slots})\\b(?:[ \\t]+(${variants})\\b)?`,
        captures: { 1: { name: 'keyword.other.slot.supra' }, 2: { name: 'support.class.component.supra' } },
      },
      value: {
        patterns: [
          { match: '"(?:[^"\\\\]|\\\\.)*"?', name: 'string.quoted.double.supra' },
          {
            match: `(?<![A-Za-z0-9_.])((?:[0-9][0-9_]*\\.?[0-9_]*|\\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)(${unitsLongestFirst()})?`,
            captures: { 1: { name: 'constant.numeric.supra' }, 2: { name: 'keyword.other.unit.supra' } },
          },
          { match: '\\b(?:true|false|none)\\b', name: 'constant.language.supra' },
          { match: '\\bsqrt\\b(?=\\s*\\()', name: 'support.function.supra' },
          { match: '[-+*/]', name: 'keyword.operator.arithmetic.supra' },
          { match: '[{}]', name: 'punctuation.section.block.supra' },
          { match: '[\\[\\]()]', name: 'punctuation.section.brackets.supra' },
          { match: ',', name: 'punctuation.separator.supra' },
        ],
      },
    },
  };
}

/** An alternation in which no word hides a longer one. */
function words(all: readonly string[]): string {
  return [...new Set(all)].sort((a, b) => b.length - a.length || a.localeCompare(b)).join('|');
}

const unitsLongestFirst = (): string => [...unitNames].sort((a, b) => b.length - a.length).join('|');

/** Whole files and layers, which completion does not offer in one piece. */
function snippets() {
  const lines = (text: string): string[] => text.split('\n');
  return {
    'Model, data and run': {
      prefix: 'supra',
      description: 'A whole file: a model, its data and a training run',
      body: lines(
        [
          '# Train it with the command Supra: Train Model.',
          blockSnippets.model,
          '',
          plain(blockSnippets.data),
          '',
          plain(blockSnippets.train),
        ].join('\n'),
      ),
    },
    'Local and global layers': {
      prefix: 'local-global',
      description: 'Layers with a window and layers that see everything, five to one (Gemma 3)',
      body: lines(`layer local {
  norm rms
  attention gqa { heads = \${1:4}  window = \${2:128} }
  ffn swiglu
}
layer global from local {
  attention { window = none }
}
layers = (local * \${3:5}, global) * \${4:2}`),
    },
  };
}

/** A snippet with its proposals as text, for a second one in the same file: two would share their places to type at. */
const plain = (snippet: string): string => snippet.replace(/\$\{\d+:([^}]*)\}/g, '$1');
