import type { AnyComponent, Definition } from '../../architecture/component';
import { variantsOf } from '../../architecture/registry';
import { printExpression } from '../syntax/printer';
import type { Block, Item, Setting, Word } from '../syntax/tree';
import { type Context, report, suggestionFix } from './context';
import { likelyBoolean } from './read-value';
import { nearest } from './suggest';
import { blockWordsIn, holdersOf, isTopBlock, ownersOf, titleOf } from './vocabulary';

/** Says what in a block has no meaning there: unknown or misplaced words, things said twice, names where there are none. */
export function checkWords(
  context: Context,
  block: Block,
  definition: Definition,
  component: AnyComponent | undefined,
): void {
  const title = titleOf(definition, component);
  if (block.name) report(context, 'unexpected-name', block.name, { block: title, name: block.name.text });
  if (component && block.from) report(context, 'from-not-allowed', block.from, { block: title });
  const place = `\`${title}\``;
  const settings = new Map<string, Setting>();
  const blocks = new Map<string, Block>();
  for (const item of block.body?.items ?? []) {
    if (item.kind === 'setting') {
      const first = settings.get(item.name.text);
      if (first) reportTwice(context, 'duplicate-setting', item.name, first.name, { name: item.name.text });
      else settings.set(item.name.text, item);
      if (!first) noteMeant(context, block, checkSetting(context, item, definition, place));
    } else if (item.kind === 'block' && item.keyword.text !== '') {
      const { keyword } = item;
      const isSlot = Object.hasOwn(definition.slots, keyword.text);
      const first = isSlot ? blocks.get(keyword.text) : undefined;
      if (first) reportTwice(context, 'duplicate-block', keyword, first.keyword, { word: keyword.text, place });
      else blocks.set(keyword.text, item);
      if (!isSlot && !blockWordsIn(definition).includes(keyword.text)) {
        noteMeant(context, block, reportUnknown(context, item, keyword, definition, place));
      }
    } else if (item.kind === 'invalid') {
      context.entity.approximate = true;
    }
  }
}

function noteMeant(context: Context, block: Block, name: string | undefined): void {
  if (name !== undefined) context.meant.set(block, (context.meant.get(block) ?? new Set()).add(name));
}

function reportTwice<Code extends 'duplicate-setting' | 'duplicate-block'>(
  context: Context,
  code: Code,
  second: Word,
  first: Word,
  params: Parameters<typeof report<Code>>[3],
): void {
  report(context, code, second, params, {
    related: [{ start: first.start, end: first.end, message: 'The first one.' }],
  });
}

/** Says what is wrong with the word of a setting; returns the setting that was probably meant. */
function checkSetting(context: Context, setting: Setting, definition: Definition, place: string): string | undefined {
  const { name, value } = setting;
  if (Object.hasOwn(definition.fields, name.text)) return undefined;
  if (blockWordsIn(definition).includes(name.text)) {
    const use = definition.slots[name.text];
    const written = printExpression(value);
    const known = use ? [...variantsOf(use.slot).keys()] : [];
    const variant =
      known.includes(written) || !use ? written : (nearest(written, known) ?? use.default ?? known[0] ?? '');
    const edits = [{ start: name.end, end: setting.end, newText: ` ${variant}` }];
    const fixes = variant === '' ? [] : [{ title: `Write ${name.text} ${variant}`, edits }];
    report(context, 'block-not-setting', name, { word: name.text, variant }, { fixes });
    return undefined;
  }
  if (ownersOf(name.text).length === 0 && reportMisplaced(context, name, place)) return undefined;
  const suggestion = nearest(name.text, Object.keys(definition.fields));
  const params = { word: name.text, place, suggestion, belongs: ownersOf(name.text) };
  report(context, 'unknown-setting', name, params, { fixes: suggestionFix(name, suggestion) });
  return suggestion;
}

function reportUnknown(
  context: Context,
  block: Block,
  keyword: Word,
  definition: Definition,
  place: string,
): string | undefined {
  const word = keyword.text;
  const fields = Object.keys(definition.fields);
  if (fields.includes(word)) {
    const label = block.label?.text;
    const value = (label && definition.fields[word]?.kind === 'boolean' && likelyBoolean(label)) || label;
    const edits = block.label ? [{ start: keyword.end, end: block.label.end, newText: ` = ${value}` }] : [];
    const fixes = value === undefined ? [] : [{ title: `Write ${word} = ${value}`, edits }];
    report(context, 'setting-not-block', keyword, { word, value }, { fixes });
    return word;
  }
  if (reportMisplaced(context, keyword, place)) return undefined;
  const isBare = !block.label && !block.body;
  const asBlock = nearest(word, blockWordsIn(definition));
  const asSetting = nearest(word, fields);
  if (isBare && !asBlock) {
    const extras = { fixes: suggestionFix(keyword, asSetting) };
    report(
      context,
      'unknown-setting',
      keyword,
      { word, place, suggestion: asSetting, belongs: ownersOf(word) },
      extras,
    );
  } else {
    const suggestion = asBlock ?? asSetting;
    report(
      context,
      'unknown-block',
      keyword,
      { word, place, suggestion },
      { fixes: suggestionFix(keyword, suggestion) },
    );
  }
  return asBlock === undefined ? asSetting : undefined;
}

/** Reports a word that is known, but somewhere else. */
export function reportMisplaced(context: Context, keyword: Word, place: string): boolean {
  const word = keyword.text;
  const belongs = holdersOf(word);
  if (belongs.length === 0 && !isTopBlock(word)) return false;
  report(context, 'misplaced-block', keyword, { word, place, belongs });
  return true;
}

/** Whether an item is a block with something in it that counts. */
export function isBlock(item: Item): item is Block {
  return item.kind === 'block' && item.keyword.text !== '';
}
