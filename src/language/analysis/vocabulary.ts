import { type BlockWord, blocks, topBlocks } from '../../architecture/blocks';
import type { AnyComponent, Definition } from '../../architecture/component';
import { components, variantsOf } from '../../architecture/registry';

/** Questions about the words of the language that no single place can answer: where does a word belong? */

/** A block as people write it: `attention gqa`, `model`. */
export function titleOf(definition: Definition, component: AnyComponent | undefined): string {
  return component ? `${component.slot} ${component.word}` : definition.word;
}

const definitions: readonly (readonly [title: string, definition: Definition])[] = [
  ...Object.values(blocks).map(block => [block.word, block] as const),
  ...components.map(([, component]) => [titleOf(component, component), component] as const),
];

const owners = collect(definition => Object.keys(definition.fields));
const holders = collect(definition => Object.keys(definition.slots));

function collect(wordsOf: (definition: Definition) => readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [title, definition] of definitions) {
    for (const word of wordsOf(definition)) found.set(word, [...(found.get(word) ?? []), title]);
  }
  return found;
}

/** The blocks that have a setting of this name. */
export const ownersOf = (setting: string): readonly string[] => owners.get(setting) ?? [];

/** The blocks inside which a block of this word may stand; the file itself is not one of them. */
export function holdersOf(word: string): readonly string[] {
  return word === 'layer' ? ['model'] : (holders.get(word) ?? []);
}

/** Words that start a block inside another: slots, and `layer` inside `model`. */
export function blockWordsIn(definition: Definition): readonly string[] {
  const slots = Object.keys(definition.slots);
  return definition.word === 'model' && definition === blocks.model ? ['layer', ...slots] : slots;
}

export function isTopBlock(word: string): word is BlockWord {
  return topBlocks.some(block => block === word);
}

/** The component that stands where nothing better is known: the default of the place, else the first of its slot. */
export function stopgap(use: { readonly slot: AnyComponent['slot']; readonly default: string | null }) {
  const variants = variantsOf(use.slot);
  return (use.default === null ? undefined : variants.get(use.default)) ?? variants.values().next().value;
}
