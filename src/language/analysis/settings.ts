import type { Definition } from '../../architecture/component';
import { type Computed, type Field, isComputed, type Value } from '../../architecture/fields';
import type { Span } from '../../base/text';
import type { Word } from '../syntax/tree';
import { autoWord } from './auto';
import { headerOf, report, suggestionFix } from './context';
import { asWhole, type Environment } from './evaluate';
import type { OpenBlock, SettingSource } from './open-block';
import type { ProblemExtras } from './problem';
import type { ProblemCode, ProblemParams } from './problems';
import { isInRange, readValue } from './read-value';
import type { ResolvedBlock, ResolvedSetting } from './resolved';
import { nearest } from './suggest';

/** A setting of an open block, read on first use. Undefined while it is being computed: it needs itself. */
export function settingOf(block: OpenBlock, name: string): ResolvedSetting | undefined {
  const known = block.settings.get(name);
  if (known) return known;
  const field = block.definition.fields[name];
  if (!field) throw new Error(`expected a setting of ${block.definition.word}, got ${name}`);
  const source = block.sources.get(name);
  const plain = source ? undefined : plainDefault(block.definition, name, field);
  if (plain) {
    block.settings.set(name, plain);
    return plain;
  }
  const { pending } = block.context;
  if (pending.some(other => other.block === block && other.name === name)) return undefined;
  pending.push({ block, name });
  const resolved = resolveSetting(block, name, field, source);
  pending.pop();
  block.settings.set(name, resolved);
  if (resolved.broken) block.context.entity.approximate = true;
  return resolved;
}

/** Most settings are not written and have a default that depends on nothing: those are all the same. */
const plainDefaults = new WeakMap<Definition, Map<string, ResolvedSetting>>();

function plainDefault(definition: Definition, name: string, field: Field): ResolvedSetting | undefined {
  const value: Value | Computed<Value> | undefined = field.default;
  if (isComputed(value) || field.kind === 'pattern' || field.kind === 'reference') return undefined;
  const known = plainDefaults.get(definition) ?? new Map<string, ResolvedSetting>();
  plainDefaults.set(definition, known);
  const made = known.get(name) ?? settingFrom(name, field, undefined, value, false);
  known.set(name, made);
  return made;
}

function settingFrom(
  name: string,
  field: Field,
  source: SettingSource | undefined,
  value: Value | undefined,
  broken: boolean,
): ResolvedSetting {
  const origin = source === undefined ? 'default' : source.inherited ? 'inherited' : 'written';
  return { name, field, value, origin, setting: source?.setting, document: source?.document, broken };
}

function resolveSetting(
  block: OpenBlock,
  name: string,
  field: Field,
  source: SettingSource | undefined,
): ResolvedSetting {
  if (block.readSpecial && (field.kind === 'pattern' || field.kind === 'reference')) {
    const { value, broken, count } = block.readSpecial(name, source);
    if (count !== undefined) block.layerCounts.set(name, count);
    return settingFrom(name, field, source, value, broken);
  }
  const value = source ? readValue(field, source.setting.value, environmentOf(block, name, source)) : undefined;
  if (value !== undefined) return settingFrom(name, field, source, value, false);
  const isBroken = source !== undefined;
  const standard: Value | Computed<Value> | undefined = field.default;
  if (!isComputed(standard)) return settingFrom(name, field, source, standard, isBroken);
  const computed = computeDefault(block, name, field, standard, isBroken);
  return settingFrom(name, field, source, computed.value, isBroken || computed.broken);
}

/** Reports a problem of a setting where it is written; of a copied setting, where it is copied. */
export function reportSetting<Code extends ProblemCode>(
  block: OpenBlock,
  source: SettingSource,
  code: Code,
  span: { readonly start: number; readonly end: number },
  params: ProblemParams[Code],
  extras: ProblemExtras = {},
): void {
  const { context } = block;
  context.entity.approximate = true;
  if (!source.inherited && source.document === context.document) {
    context.reported.add(source.setting);
    report(context, code, span, params, extras);
  } else if (block.anchor && !context.reported.has(source.setting)) {
    const { start, end } = source.setting;
    const copied = source.document.text.slice(start, end);
    report(context, code, block.anchor, params, { note: `It is copied from here: \`${copied}\`.` });
  }
}

/** What the value of a setting sees: the settings of its own block, then those of the blocks around it. */
export function environmentOf(block: OpenBlock, name: string, source: SettingSource): Environment {
  const fail: Environment['report'] = (code, span, params, extras) =>
    reportSetting(block, source, code, span, params, extras);
  return { name, number: word => numberOf(block, name, source, word, fail), report: fail };
}

function numberOf(
  block: OpenBlock,
  name: string,
  source: SettingSource,
  word: Word,
  fail: Environment['report'],
): number | undefined {
  const owner = ownerOf(block, word.text, name);
  if (!owner && word.text === autoWord) return block.context.auto({ word, block, name, source, report: fail });
  if (!owner) {
    const visible = visibleNumbers(block, name);
    const field = block.definition.fields[name];
    const legal = field && 'none' in field && source.setting.value === word ? [...visible, 'none'] : visible;
    const suggestion = nearest(word.text, legal);
    fail('unknown-name', word, { name: word.text, suggestion, visible }, { fixes: suggestionFix(word, suggestion) });
    return undefined;
  }
  const setting = settingOf(owner, word.text);
  if (!setting) {
    fail('cyclic-value', word, { name: word.text });
    return undefined;
  }
  if (!source.inherited) block.context.references.set(word, { kind: 'setting', setting, owner });
  if (setting.value === null) {
    fail('wrong-type', word, { name, expected: 'a number', found: `\`${word.text}\`, which is \`none\`` });
    return undefined;
  }
  return countFrom(owner, setting);
}

/** A setting as a number: a pattern counts its layers. */
function countFrom(owner: OpenBlock, setting: ResolvedSetting): number | undefined {
  return setting.field.kind === 'pattern' ? owner.layerCounts.get(setting.name) : numberFrom(setting);
}

/** The nearest block that has a number of this name; a setting does not mean itself, but what is called so further out. */
function ownerOf(block: OpenBlock, word: string, self: string): OpenBlock | undefined {
  for (let owner: OpenBlock | undefined = block; owner; owner = owner.parent) {
    const field = Object.hasOwn(owner.definition.fields, word) ? owner.definition.fields[word] : undefined;
    if (field && isNumeric(field) && !(owner === block && word === self)) return owner;
  }
  return undefined;
}

/** The names of numbers that a setting of a block can use in arithmetic, nearest first. */
export function visibleNumbers(block: ResolvedBlock, self?: string): readonly string[] {
  const names = new Set<string>();
  for (let owner: ResolvedBlock | undefined = block; owner; owner = owner.parent) {
    for (const [name, field] of Object.entries(owner.definition.fields)) {
      if (isNumeric(field) && !(owner === block && name === self)) names.add(name);
    }
  }
  return [...names];
}

function isNumeric({ kind }: Field): boolean {
  return kind === 'integer' || kind === 'number' || kind === 'pattern';
}

/** The default that follows from other settings. If it is not legal, one of those is to blame. */
function computeDefault(
  block: OpenBlock,
  name: string,
  field: Field,
  standard: Computed<Value>,
  isQuiet: boolean,
): { readonly value: Value | undefined; readonly broken: boolean } {
  const used: { readonly owner: OpenBlock; readonly setting: ResolvedSetting }[] = [];
  const value = standard.of({
    number: word => {
      const owner = ownerOf(block, word, name);
      if (!owner) throw new Error(`expected a number visible in ${block.definition.word}.${name}, got ${word}`);
      const setting = settingOf(owner, word);
      if (!setting) return Number.NaN;
      used.push({ owner, setting });
      return countFrom(owner, setting) ?? Number.NaN;
    },
  });
  if (typeof value !== 'number' || (field.kind !== 'integer' && field.kind !== 'number'))
    return { value, broken: false };
  if (!Number.isFinite(value)) return { value: undefined, broken: true };
  const exact = field.kind === 'integer' ? asWhole(value) : value;
  if (exact !== undefined && isInRange(field, exact)) return { value: exact, broken: false };
  const isToldAlready = isQuiet || used.some(({ setting }) => setting.broken || setting.value === undefined);
  if (!isToldAlready) blame(block, name, field, standard.text, value, used);
  const near = Math.min(Math.max(Math.round(value), field.min ?? 1), field.max ?? Number.POSITIVE_INFINITY);
  return { value: near, broken: true };
}

function blame(
  block: OpenBlock,
  name: string,
  field: Field & { readonly kind: 'integer' | 'number' },
  formula: string,
  value: number,
  used: readonly { readonly owner: OpenBlock; readonly setting: ResolvedSetting }[],
): void {
  const isWhole = field.kind === 'number' || asWhole(value) !== undefined;
  const { min, max, exclusiveMin = false } = field;
  const tell = (at: Parameters<typeof reportSetting>[1] | undefined, span: Span): void => {
    const send: Environment['report'] = (code, place, params) => {
      if (at) reportSetting(block, at, code, place, params);
      else report(block.context, code, place, params);
    };
    if (isWhole) send('out-of-range', span, { name, value, min, max, exclusiveMin });
    else send('default-not-whole', span, { name, value, formula });
  };
  // The setting nearest to the default is the one to change.
  const culprit = [...used].sort((a, b) => Number(b.owner === block) - Number(a.owner === block));
  for (const { owner, setting } of culprit) {
    const source = owner.sources.get(setting.name);
    if (source) {
      tell(source, source.setting.value);
      return;
    }
  }
  const place = block.block ? headerOf(block.block) : block.anchor;
  if (place) tell(undefined, place);
}

/** Something legal for a required setting that is missing, so that what does not depend on it can be counted. */
export function standIn(field: Field): Value {
  if (field.kind === 'integer' || field.kind === 'number') return field.suggestions?.[0] ?? field.min ?? 1;
  if (field.kind === 'choice') return Object.keys(field.choices)[0] ?? '';
  if (field.kind === 'numbers' || field.kind === 'texts') return [];
  return field.kind === 'boolean' ? false : '';
}

/** The number that stands for a setting in arithmetic; undefined if it is none. */
export function numberFrom(setting: ResolvedSetting): number | undefined {
  if (typeof setting.value === 'number') return setting.value;
  if (setting.value !== undefined) return undefined;
  const value = standIn(setting.field);
  return typeof value === 'number' ? value : undefined;
}
