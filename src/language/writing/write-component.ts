import type { Config, Instance } from '../../architecture/component';
import type { Value } from '../../architecture/fields';
import { type Around, defaultOf, numbersOf } from '../../architecture/make-instance';
import { componentOf } from '../../architecture/registry';
import { writeValue } from './write-value';

/** A component as it stands in a text: only the settings that are written, in the text itself or in what it copies. */
export interface WrittenComponent {
  readonly id: string;
  readonly settings: ReadonlyMap<string, Value>;
  readonly slots: ReadonlyMap<string, WrittenComponent>;
}

/** Lines of a text with what they then mean. */
export interface WrittenBlock {
  /** `word variant { … }` without line breaks. */
  readonly line: string;
  /** The same over several lines, where there is something to break. */
  readonly lines: readonly string[];
  readonly means: WrittenComponent;
}

/** The settings and nested blocks of a component that differ from what the reader of the text would assume anyway. */
interface Parts {
  readonly settings: readonly string[];
  readonly blocks: readonly WrittenBlock[];
  readonly means: WrittenComponent;
}

/** A component with all that is not its default: `attention gqa { heads = 8 }`. */
export function writeComponent(word: string, instance: Instance, around: Around): WrittenBlock {
  const parts = partsOf(instance, undefined, around);
  return blockOf(`${word} ${wordOf(instance)}`, parts);
}

/**
 * A component as a change of the one that is copied: `attention { window = none }`; `null` when nothing changes. Written
 * afresh where another variant stands, or where that is shorter.
 */
export function writeChange(
  word: string,
  instance: Instance,
  base: WrittenComponent,
  around: Around,
): WrittenBlock | null {
  const fresh = writeComponent(word, instance, around);
  if (base.id !== instance.id) return fresh;
  const parts = partsOf(instance, base, around);
  if (parts.settings.length === 0 && parts.blocks.length === 0) return null;
  const change = blockOf(word, parts);
  return change.line.length < fresh.line.length ? change : fresh;
}

const wordOf = ({ id }: Instance): string => id.slice(id.indexOf('.') + 1);

function partsOf(instance: Instance, base: WrittenComponent | undefined, around: Around): Parts {
  const component = componentOf(instance);
  const { config } = instance;
  const settings: string[] = [];
  const written = new Map(base?.settings);
  for (const [name, field] of Object.entries(component.fields)) {
    const value = config[name] as Value;
    const assumed = written.has(name) ? written.get(name) : defaultOf(field, config, around);
    if (isSame(value, assumed)) continue;
    settings.push(`${name} = ${writeValue(field, value, around.hidden)}`);
    written.set(name, value);
  }
  const blocks: WrittenBlock[] = [];
  const slots = new Map(base?.slots);
  const inside = { ...around, ...numbersOf(config) };
  for (const [name, use] of Object.entries(component.slots)) {
    const nested = config[name];
    if (!isInstance(nested)) continue;
    const copied = slots.get(name);
    const block =
      copied === undefined ? writeComponent(name, nested, inside) : writeChange(name, nested, copied, inside);
    const isDefault = copied === undefined && nested.id === `${use.slot}.${use.default}` && isPlain(block?.means);
    if (block === null || isDefault) continue;
    blocks.push(block);
    slots.set(name, block.means);
  }
  return { settings, blocks, means: { id: instance.id, settings: written, slots } };
}

/** Nothing is written in it. */
const isPlain = (written: WrittenComponent | undefined): boolean =>
  written?.settings.size === 0 && written.slots.size === 0;

function blockOf(header: string, { settings, blocks, means }: Parts): WrittenBlock {
  if (settings.length === 0 && blocks.length === 0) return { line: header, lines: [header], means };
  const nested = blocks.map(({ line }) => line);
  return {
    line: `${header} { ${[...settings, ...nested].join('  ')} }`,
    lines: [`${header} {`, ...alignSettings(settings).map(indent), ...blocks.flatMap(linesOf).map(indent), '}'],
    means,
  };
}

/** Widest line that is not broken, indentation of a layer's part included. */
const widest = 96;

/** A block on one line where it fits and holds no long nested block, otherwise on several. */
export function linesOf(block: WrittenBlock): readonly string[] {
  const isSimple = block.line.length <= widest && (block.line.match(/\{/g) ?? []).length <= 2;
  return isSimple ? [block.line] : block.lines;
}

const indent = (line: string): string => `  ${line}`;

/** Puts the = of settings into one column. */
export function alignSettings(settings: readonly string[]): readonly string[] {
  const width = Math.max(0, ...settings.map(setting => setting.indexOf(' = ')));
  return settings.map(
    setting => `${setting.slice(0, setting.indexOf(' = ')).padEnd(width)}${setting.slice(setting.indexOf(' = '))}`,
  );
}

const isInstance = (value: Config[string] | undefined): value is Instance =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'id' in value;

const isSame = (left: unknown, right: unknown): boolean =>
  left === right || JSON.stringify(left) === JSON.stringify(right);
