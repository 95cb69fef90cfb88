import { blocks } from '../../architecture/blocks';
import type { Field } from '../../architecture/fields';
import { isComputed } from '../../architecture/fields';
import { autoWord } from '../analysis/auto';
import type { ResolvedBlock } from '../analysis/resolved';
import { unitMeaning, unitNames, withUnit } from '../syntax/units';
import type { Analysed } from './analysed';
import type { CompletionItem } from './completion';
import { escapeSnippet } from './snippets';
import { languageNumber, languageValue, readValue } from './wording';

interface ValueContext {
  readonly field: Field;
  readonly name: string;
  readonly owner: ResolvedBlock;
  /** Something of the value is there already: an operator or an opening bracket. */
  readonly inside: boolean;
}

/** What a setting can be set to. */
export function valueItems(analysed: Analysed, context: ValueContext, typed: string): readonly CompletionItem[] {
  const { field, owner, inside } = context;
  switch (field.kind) {
    case 'boolean':
      return inside
        ? []
        : ['true', 'false'].map(word => value(word, String(field.default) === word ? 'default' : undefined));
    case 'choice':
      return inside
        ? []
        : Object.entries(field.choices).map(([word, meaning]) => ({
            label: word,
            kind: 'choice',
            detail: word === field.default ? `${meaning} (default)` : meaning,
            snippet: word,
          }));
    case 'reference':
      return inside ? [] : nameItems(analysed, field.to);
    case 'pattern':
      return layerItems(analysed, owner, inside);
    case 'text':
    case 'texts':
      return inside ? [] : textItems(field);
    case 'integer':
    case 'number':
    case 'numbers':
      return /^[0-9]/.test(typed) ? unitItems(field, typed) : numberItems(context);
  }
}

function numberItems({ field, name, owner, inside }: ValueContext): readonly CompletionItem[] {
  const items: CompletionItem[] = [];
  if (!inside && field.kind !== 'numbers') {
    if (isComputed(field.default)) items.push(value(field.default.text, 'default'));
    else if (field.default !== undefined && field.default !== null)
      items.push(value(languageValue(field.default, field), 'default'));
    const suggestions = 'suggestions' in field ? (field.suggestions ?? []) : [];
    for (const suggestion of suggestions) {
      const label = languageNumber(suggestion, 'unit' in field ? field.unit : undefined);
      if (!items.some(item => item.label === label)) items.push(value(label));
    }
    if (field.kind === 'integer' && isInModel(owner) && field.unit !== 'parameters') {
      items.push({ label: autoWord, kind: 'choice', detail: 'solved from the budget of the model', snippet: autoWord });
    }
    if ('none' in field && field.none !== undefined) {
      items.push({ label: 'none', kind: 'choice', detail: field.none, snippet: 'none' });
    }
  } else if (!inside && Array.isArray(field.default)) items.push(value(languageValue(field.default, field), 'default'));
  return [...items, ...namesInScope(owner, name), squareRoot];
}

/** Whether a block is a model or stands in one. */
function isInModel(block: ResolvedBlock): boolean {
  return block.definition === blocks.model || (block.parent !== undefined && isInModel(block.parent));
}

const squareRoot: CompletionItem = { label: 'sqrt', kind: 'function', detail: 'square root', snippet: 'sqrt($1)' };

/** Numbers of this block and of those around it that arithmetic can use. */
function namesInScope(owner: ResolvedBlock, except: string): readonly CompletionItem[] {
  const items = new Map<string, CompletionItem>();
  for (let block: ResolvedBlock | undefined = owner; block; block = block.parent) {
    for (const [name, setting] of block.settings) {
      if (typeof setting.value !== 'number' || items.has(name) || (block === owner && name === except)) continue;
      items.set(name, {
        label: name,
        kind: 'name',
        detail: `${readValue(setting.value, setting.field)} · ${block.word}`,
        documentation: setting.field.doc,
        snippet: name,
      });
    }
  }
  return [...items.values()];
}

/** The number typed so far with every unit that keeps it legal. */
function unitItems(field: Field, typed: string): readonly CompletionItem[] {
  if (field.kind !== 'integer' && field.kind !== 'number') return [];
  const digits = /^[0-9][0-9_.]*/.exec(typed)?.[0] ?? '';
  if (digits !== typed) return [];
  const likely = 100 * Math.max(0, ...(field.suggestions ?? [Number.POSITIVE_INFINITY]));
  return unitNames.flatMap(unit => {
    const number = withUnit(digits.replaceAll('_', ''), unit);
    if (number === undefined || !Number.isFinite(number)) return [];
    const share = field.unit === 'fraction' || field.unit === 'share-or-steps';
    if (unit === '%' ? !share : field.unit === 'fraction') return [];
    if (number > (unit === '%' ? 1 : (field.max ?? likely)) || number < (field.min ?? 0)) return [];
    const detail = unit === '%' ? String(number) : readValue(number, field);
    return [
      { label: typed + unit, kind: 'unit', detail: `${detail} (${unitMeaning(unit)})`, snippet: typed + unit } as const,
    ];
  });
}

const nameItems = ({ file }: Analysed, kind: 'model' | 'data'): readonly CompletionItem[] =>
  file.symbols
    .filter(symbol => symbol.kind === kind)
    .map(({ name }) => ({ label: name, kind: 'name', detail: kind, snippet: name }));

/** The layers of a model, alone and with a number of repetitions. */
function layerItems({ file }: Analysed, owner: ResolvedBlock, inside: boolean): readonly CompletionItem[] {
  const model = file.models.find(({ resolved }) => resolved === owner);
  const names = [...new Set(model?.layers.map(({ name }) => name) ?? [])];
  const alone = names.map((name): CompletionItem => ({ label: name, kind: 'name', detail: 'layer', snippet: name }));
  const repeated = names.map((name): CompletionItem => {
    return {
      label: `${name} * …`,
      kind: 'value',
      detail: 'layers one after the other',
      filter: name,
      snippet: `${name} * \${1:6}`,
    };
  });
  if (inside || names.length < 2) return [...repeated, ...alone];
  const [first = '', second = ''] = names;
  const mixed: CompletionItem = {
    label: `(${first} * 5, ${second}) * 4`,
    kind: 'value',
    detail: 'a pattern repeated',
    filter: first,
    snippet: `(${first} * \${1:5}, ${second}) * \${2:4}`,
  };
  return [...repeated, mixed, ...alone];
}

function textItems(field: Field): readonly CompletionItem[] {
  const empty: CompletionItem =
    field.kind === 'texts'
      ? { label: '["…"]', kind: 'value', detail: 'texts', filter: '[', snippet: '["$1"]' }
      : { label: '"…"', kind: 'value', detail: 'text', filter: '"', snippet: '"$1"' };
  const known = field.default !== undefined && field.default !== null && !isComputed(field.default);
  return [
    empty,
    ...(known ? [value(languageValue(field.default, field), 'default')] : []),
    ...('none' in field && field.none !== undefined
      ? [{ label: 'none', kind: 'choice', detail: field.none, snippet: 'none' } as const]
      : []),
  ];
}

function value(label: string, detail?: string): CompletionItem {
  return { label, kind: 'value', snippet: escapeSnippet(label), ...(detail === undefined ? {} : { detail }) };
}
