import { type BlockWord, blocks, topBlocks } from '../../architecture/blocks';
import type { AnyComponent, SlotUse } from '../../architecture/component';
import type { Field } from '../../architecture/fields';
import { variantsOf } from '../../architecture/registry';
import { lineAt, type Span } from '../../base/text';
import { problemCodes, problemTable } from '../analysis/problems';
import type { ResolvedBlock } from '../analysis/resolved';
import { type Block, blocksOf, settingsOf } from '../syntax/tree';
import type { Analysed } from './analysed';
import { blockSnippets } from './block-snippets';
import type { CompletionItem } from './completion';
import { componentMarkdown, fieldMarkdown } from './docs';
import { settingSnippet, variantSnippet } from './snippets';
import { defaultWords, kindWords } from './wording';

/** What can stand in a block (or at the top of a file) and does not yet: required settings, slots, other settings. */
export function itemItems(
  block: Block | undefined,
  parent: ResolvedBlock | undefined,
  typed: Span,
): readonly CompletionItem[] {
  if (!parent) return blockItems(topBlocks);
  const others = (item: Span) => item.end < typed.start || item.start > typed.end;
  const settings = new Set(
    settingsOf(block?.body)
      .filter(others)
      .map(({ name }) => name.text),
  );
  const words = new Set(
    blocksOf(block?.body)
      .filter(others)
      .map(({ keyword }) => keyword.text),
  );
  const { fields, slots } = parent.definition;
  const missing = Object.entries(fields).filter(([name]) => !settings.has(name));
  const isRequired = (name: string, field: Field) =>
    field.default === undefined && field.kind !== 'reference' && parent.settings.get(name)?.origin !== 'inherited';
  const settingItems = (required: boolean) =>
    missing
      .filter(([name, field]) => isRequired(name, field) === required)
      .map(([name, field]): CompletionItem => {
        const known = defaultWords(field);
        const pattern = field.kind === 'pattern' && field.default === undefined ? patternSnippet(block) : undefined;
        return {
          label: name,
          kind: 'setting',
          detail: known === undefined ? kindWords(field) : `default ${known}`,
          documentation: fieldMarkdown(name, field, parent),
          snippet: pattern === undefined ? settingSnippet(name, field) : `${name} = ${pattern}`,
        };
      });
  const slotItems = Object.entries(slots)
    .filter(([word]) => !words.has(word))
    .flatMap(([word, use]) => [
      ...(block?.from && parent.slots.get(word) ? [changeItem(word, parent.slots.get(word))] : []),
      ...[...variantsOf(use.slot).values()].map(component => slotItem(word, component)),
    ]);
  const nested = parent.word === 'model' && parent.definition === blocks.model ? blockItems(['layer']) : [];
  return [...settingItems(true), ...nested, ...slotItems, ...settingItems(false)];
}

/** A pattern of the layers that a model has so far; undefined while it has none. */
function patternSnippet(block: Block | undefined): string | undefined {
  const layers = blocksOf(block?.body).flatMap(({ keyword, label }) =>
    keyword.text === 'layer' && label && label.text !== '' ? [label.text] : [],
  );
  if (layers.length < 2) return layers[0] === undefined ? undefined : `${layers[0]} * \${1:6}`;
  const repeated = layers.map((name, index) => `${name} * \${${index + 1}:1}`);
  return `(${repeated.join(', ')}) * \${${layers.length + 1}:4}`;
}

const slotItem = (word: string, component: AnyComponent): CompletionItem => ({
  label: `${word} ${component.word}`,
  kind: 'component',
  detail: component.title,
  documentation: componentMarkdown(component, word),
  snippet: `${word} ${variantSnippet(component)}`,
});

/** Changes what was copied through `from`, without naming its variant again. */
const changeItem = (word: string, copied: ResolvedBlock | undefined): CompletionItem => ({
  label: word,
  kind: 'block',
  detail: `changes the copied ${[word, copied?.component?.word].filter(Boolean).join(' ')}`,
  snippet: `${word} { $1 }`,
  again: true,
});

const blockItems = (words: readonly BlockWord[]): readonly CompletionItem[] =>
  words.map(word => ({
    label: word,
    kind: 'block',
    detail: blocks[word].doc,
    snippet: blockSnippets[word],
  }));

/** The variants of a slot. */
export function variantItems(use: SlotUse, hasBody: boolean): readonly CompletionItem[] {
  const variants = [...variantsOf(use.slot).values()];
  return [...variants].map(component => ({
    label: component.word,
    kind: 'component',
    detail: component.word === use.default ? `${component.title} (default)` : component.title,
    documentation: componentMarkdown(component, use.slot),
    snippet: hasBody ? component.word : variantSnippet(component),
  }));
}

/** `from`, behind the name of a block. */
export const fromItems = (): readonly CompletionItem[] => [
  {
    label: 'from',
    kind: 'keyword',
    detail: 'copies another block and changes parts of it',
    snippet: 'from ',
    again: true,
  },
];

/** The blocks that `from` can copy. */
export function baseItems(
  { file }: Analysed,
  { word, block, own }: { readonly word: BlockWord; readonly block: Block | undefined; readonly own: string },
  gallery: readonly string[],
): readonly CompletionItem[] {
  const inFile = file.symbols
    .filter(symbol => symbol.kind === word && symbol.name !== own && (word !== 'layer' || symbol.model === block))
    .map((symbol): CompletionItem => ({ label: symbol.name, kind: 'name', detail: word, snippet: symbol.name }));
  if (word !== 'model') return inFile;
  const known = gallery.map(
    (name): CompletionItem => ({ label: name, kind: 'name', detail: 'gallery', snippet: name }),
  );
  return [...inFile, ...known];
}

/** `supra-ignore` and the codes it can silence: those on this line and the next first. */
export function commentItems(
  { lines, problems }: Analysed,
  comment: string,
  offset: number,
  afterBlank: boolean,
): readonly CompletionItem[] {
  if (!/\bsupra-ignore\b/.test(comment)) {
    if (afterBlank || !/^#\s*[a-z-]*$/.test(comment)) return [];
    return [
      {
        label: 'supra-ignore',
        kind: 'keyword',
        detail: 'silences a problem on this line',
        snippet: 'supra-ignore ',
        again: true,
      },
    ];
  }
  const line = lineAt(lines, offset);
  const here = new Set(
    problems
      .filter(({ start }) => lineAt(lines, start) - line === 0 || lineAt(lines, start) - line === 1)
      .map(({ code }) => code),
  );
  const silenceable = problemCodes.filter(code => problemTable[code].severity !== 'error');
  return [...silenceable.filter(code => here.has(code)), ...silenceable.filter(code => !here.has(code))].map(code => ({
    label: code,
    kind: 'code',
    detail: problemTable[code].title,
    snippet: code,
  }));
}
