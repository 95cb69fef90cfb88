import type { AnyComponent, Definition, Instance, SlotUse } from '../../architecture/component';
import type { Field, Value } from '../../architecture/fields';
import { type ComponentId, variantsOf } from '../../architecture/registry';
import { fixInsert } from '../syntax/cursor';
import type { Block, Word } from '../syntax/tree';
import { checkWords } from './check-words';
import { type Context, headerOf, report, suggestionFix } from './context';
import type { OpenBlock, SettingSource } from './open-block';
import type { WrittenBlock } from './resolved';
import { settingOf, standIn } from './settings';
import { nearest } from './suggest';
import { stopgap, titleOf } from './vocabulary';

export interface BlockPlace {
  readonly word: string;
  readonly definition: Definition;
  readonly component?: AnyComponent | undefined;
  readonly written: readonly WrittenBlock[];
  readonly parent?: OpenBlock | undefined;
  readonly anchor?: Word | undefined;
  readonly readSpecial?: OpenBlock['readSpecial'];
}

/** Opens a block: checks its words once, and finds what is written for each setting. Values come later. */
export function openBlock(context: Context, place: BlockPlace): OpenBlock {
  const { word, definition, component, written, parent } = place;
  const own = written.find(({ inherited }) => !inherited)?.block;
  const block: OpenBlock = {
    context,
    written,
    block: own,
    word,
    definition,
    component,
    id: component ? (`${component.slot}.${component.word}` as ComponentId) : undefined,
    parent,
    settings: new Map(),
    slots: new Map(),
    instance: undefined,
    sources: sourcesOf(definition, written),
    layerCounts: new Map(),
    anchor: place.anchor ?? parent?.anchor,
    readSpecial: place.readSpecial,
  };
  for (const { block: text, document } of written) {
    if (document !== context.document || context.checked.has(text)) continue;
    context.checked.add(text);
    context.blocks.set(text, block);
    checkWords(context, text, definition, component);
  }
  return block;
}

const noSources: ReadonlyMap<string, SettingSource> = new Map();

function sourcesOf(definition: Definition, written: readonly WrittenBlock[]): ReadonlyMap<string, SettingSource> {
  if (!written.some(({ block }) => block.body)) return noSources;
  const sources = new Map<string, SettingSource>();
  for (const { block, document, inherited } of written) {
    for (const item of block.body?.items ?? []) {
      if (item.kind !== 'setting') continue;
      const name = item.name.text;
      if (sources.has(name) || !Object.hasOwn(definition.fields, name)) continue;
      sources.set(name, { setting: item, document, inherited });
    }
  }
  return sources;
}

/** Opens what stands in the slots of a block, written or by default. */
export function openSlots(block: OpenBlock): void {
  for (const [word, use] of Object.entries(block.definition.slots)) {
    const slot = openSlot(block, word, use);
    if (slot) block.slots.set(word, slot);
  }
}

/** Opens what stands in one slot; undefined if nothing does. */
export function openSlot(parent: OpenBlock, word: string, use: SlotUse): OpenBlock | undefined {
  const { context } = parent;
  const found = findVariant(parent, word, use);
  if (found.written.length === 0 && !found.isUnknown && use.default === null) return undefined;
  const component = found.component ?? stopgap(use);
  if (!component) return undefined;
  const nearestText = found.written[0];
  if (nearestText && !nearestText.inherited && !found.component) {
    reportMissingVariant(context, nearestText.block, word, use, component);
  }
  const { written } = found;
  const block = openBlock(context, { word, definition: component, component, written, parent });
  openSlots(block);
  return block;
}

interface FoundVariant {
  readonly written: readonly WrittenBlock[];
  readonly component: AnyComponent | undefined;
  /** The variant is a word that means nothing, so neither do its settings. */
  readonly isUnknown: boolean;
}

/** Finds what is written for a slot. A variant that is named starts afresh; without one, the block changes what is copied. */
function findVariant(parent: OpenBlock, word: string, use: SlotUse): FoundVariant {
  const written: WrittenBlock[] = [];
  for (const holder of parent.written) {
    const text = holder.block.body?.items.find(item => item.kind === 'block' && item.keyword.text === word);
    if (text?.kind !== 'block') continue;
    written.push({ ...holder, block: text });
    if (!text.label) continue;
    const component = chooseVariant(parent.context, text.label, use, holder);
    return component
      ? { written, component, isUnknown: false }
      : { written: [], component: undefined, isUnknown: true };
  }
  return { written, component: undefined, isUnknown: false };
}

function chooseVariant(context: Context, label: Word, use: SlotUse, holder: WrittenBlock): AnyComponent | undefined {
  const variants = variantsOf(use.slot);
  const component = variants.get(label.text);
  if (component) return component;
  const suggestion = nearest(label.text, variants.keys());
  if (!holder.inherited && holder.document === context.document) {
    const known = [...variants.keys()];
    const extras = { fixes: suggestionFix(label, suggestion) };
    report(context, 'unknown-variant', label, { slot: use.slot, word: label.text, suggestion, known }, extras);
  }
  return suggestion === undefined ? undefined : variants.get(suggestion);
}

function reportMissingVariant(
  context: Context,
  text: Block,
  word: string,
  use: SlotUse,
  component: AnyComponent,
): void {
  const known = [...variantsOf(use.slot).keys()];
  const fixes = component ? [fixInsert(`Write ${word} ${component.word}`, text.keyword.end, ` ${component.word}`)] : [];
  report(context, 'missing-variant', text.keyword, { slot: word, known }, { fixes });
}

/** Reads every setting of a block and of what stands in its slots, and makes their instances. */
export function closeBlock(block: OpenBlock): void {
  const names = Object.keys(block.definition.fields);
  for (const name of names) settingOf(block, name);
  let index = 0;
  for (const name of block.settings.keys()) if (name === names[index]) index++;
  if (index < names.length) sortSettings(block, names);
  reportMissing(block);
  for (const slot of block.slots.values()) closeBlock(slot);
  if (block.id === undefined) return;
  const config: Record<string, Value | Instance> = {};
  for (const [name, { value, field }] of block.settings) config[name] = value === undefined ? standIn(field) : value;
  for (const [word, { instance }] of block.slots) if (instance) config[word] = instance;
  block.instance = { id: block.id, config };
}

/** Puts settings into the order of the definition, whatever needed what. */
function sortSettings(block: OpenBlock, names: readonly string[]): void {
  for (const name of names) {
    const setting = block.settings.get(name);
    block.settings.delete(name);
    if (setting) block.settings.set(name, setting);
  }
}

/** Says once per block which required settings it lacks. */
function reportMissing(block: OpenBlock): void {
  const missing = [...block.settings.values()].filter(({ origin, field }) => origin === 'default' && isRequired(field));
  if (missing.length === 0) return;
  const { context } = block;
  context.entity.approximate = true;
  // What is copied lacks it too, and that has been said there; or what should be copied is not known.
  if (block.written.some(({ inherited }) => inherited) || block.block?.from) return;
  const span = block.block ? headerOf(block.block) : (block.anchor ?? parentSpan(block));
  if (!span) return;
  const meant = block.block ? context.meant.get(block.block) : undefined;
  const names = missing.flatMap(({ name }) => (meant?.has(name) ? [] : [name]));
  if (names.length === 0) return;
  report(context, 'missing-setting', span, { block: titleOf(block.definition, block.component), names });
}

function isRequired(field: Field): boolean {
  return field.default === undefined && field.kind !== 'reference';
}

function parentSpan(block: OpenBlock) {
  for (let parent = block.parent; parent; parent = parent.parent) if (parent.block) return headerOf(parent.block);
  return undefined;
}
