import { blocks, topBlocks } from '../../architecture/blocks';
import type { AnyComponent } from '../../architecture/component';
import { type Field, isComputed, type Unit, type Value } from '../../architecture/fields';
import { formatInteger } from '../../base/format';
import type { ResolvedBlock, ResolvedSetting } from '../analysis/resolved';

/** How fields, values and formulas are said to people and written in the language. */

/** A value as it is written in a file: `10k`, `5%`, `none`, `[0.9, 0.95]`, `"data/*.txt"`. */
export function languageValue(value: Value, field: Pick<Field, 'kind'> & { readonly unit?: Unit }): string {
  if (value === null) return 'none';
  if (typeof value === 'number') return languageNumber(value, field.unit);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return field.kind === 'text' || field.kind === 'texts' ? JSON.stringify(value) : value;
  return `[${value.map(item => (typeof item === 'number' ? languageNumber(item) : JSON.stringify(item))).join(', ')}]`;
}

/** A number as it is written in a file, in the unit that makes it short. */
export function languageNumber(value: number, unit?: Unit): string {
  const share = unit === 'fraction' || (unit === 'share-or-steps' && value < 1);
  if (share && value > 0 && value <= 1) return `${Number((value * 100).toPrecision(12))}%`;
  for (const [suffix, factor] of [
    ['B', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (value >= factor && Number.isInteger((value / factor) * 100) && value % 1024 !== 0)
      return `${value / factor}${suffix}`;
  }
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential().replace('e+', 'e');
  return String(value);
}

/** A value as people read it: numbers with thousands apart. */
export function readValue(value: Value, field: Pick<Field, 'kind'>): string {
  if (typeof value === 'number') return readNumber(value);
  return languageValue(value, field);
}

/** Whole numbers exactly, others in six digits without zeros at the end. */
function readNumber(value: number): string {
  if (Number.isInteger(value)) return formatInteger(value);
  return Math.abs(value) < 1e-3 ? languageNumber(Number(value.toPrecision(6))) : String(Number(value.toPrecision(6)));
}

const textKinds = { path: 'path', glob: 'path or glob', start: 'path or run', free: 'text' } as const;

/** What a setting may be, in a few words. */
export function kindWords(field: Field): string {
  const orNone = 'none' in field && field.none !== undefined ? ' or none' : '';
  switch (field.kind) {
    case 'integer':
      return `${field.unit ? `number of ${unitWords(field.unit)}` : 'whole number'}${orNone}`;
    case 'number':
      return `${field.unit ? unitWords(field.unit) : 'number'}${orNone}`;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return Object.keys(field.choices).join(' | ');
    case 'text':
      return `${textKinds[field.format]}${orNone}`;
    case 'numbers':
      return field.length === undefined ? 'list of numbers' : `list of ${field.length} numbers`;
    case 'texts':
      return 'list of texts';
    case 'reference':
      return `name of a ${field.to} block`;
    case 'pattern':
      return `pattern of layer names${orNone}`;
  }
}

function unitWords(unit: Unit): string {
  if (unit === 'fraction') return 'share';
  return unit === 'share-or-steps' ? 'share of the run, or steps' : unit;
}

/** The legal range of a number, if it has one: `above 0, at most 10`. */
export function rangeWords(field: Field): string | undefined {
  if (field.kind !== 'integer' && field.kind !== 'number' && field.kind !== 'numbers') return undefined;
  const exclusive = field.kind !== 'numbers' && field.exclusiveMin === true;
  const low = field.min === undefined ? undefined : `${exclusive ? 'above' : 'at least'} ${short(field.min)}`;
  const high = field.max === undefined ? undefined : `at most ${short(field.max)}`;
  return [low, high].filter(part => part !== undefined).join(', ') || undefined;
}

const short = (value: number): string => (Number.isInteger(value) ? formatInteger(value) : String(value));

/** The default of a setting as it could be written; undefined when the setting is required. */
export function defaultWords(field: Field): string | undefined {
  if (field.default === undefined) return undefined;
  return isComputed(field.default) ? field.default.text : languageValue(field.default, field);
}

/** A formula with its names replaced by what they are here: `4 * hidden` becomes `4 * 256`. */
export function withNumbers(formula: string, block: ResolvedBlock): string {
  return formula.replace(/[A-Za-z_][A-Za-z0-9_]*/g, name => {
    const value = lookUp(block, name)?.value;
    return typeof value === 'number' ? readValue(value, { kind: 'number' }) : name;
  });
}

/** The setting that a name means inside a block: its own, else of the blocks around it. */
export function lookUp(block: ResolvedBlock | undefined, name: string): ResolvedSetting | undefined {
  for (let at = block; at; at = at.parent) {
    const setting = at.settings.get(name);
    if (setting) return setting;
  }
  return undefined;
}

/** The page of the reference that describes a component or block, relative to docs/. */
export function referencePage(component: AnyComponent | undefined, word: string): string {
  if (component) return `reference/${component.slot}#${component.word}`;
  return Object.hasOwn(blocks, word) ? `reference/blocks#${word}` : 'reference/index';
}

/** Words that start a block of their own anywhere in the language. */
export const blockWords: ReadonlySet<string> = new Set([...topBlocks, ...Object.keys(blocks)]);
