import type { Block } from '../syntax/tree';
import { type Context, refer, report } from './context';
import { checkName, declare, maxCopies, type NameTable, reportUnknownName } from './names';
import type { WrittenBlock } from './resolved';

/** The layers that a model has, its own and those it was copied with. */
export interface LayerNames {
  /** In the order written, those of the copied model first. */
  readonly names: readonly string[];
  readonly has: (name: string) => boolean;
  /** The text of a layer in the model's own braces. */
  readonly own: (name: string) => Block | undefined;
  /** Everything that a layer is made of, nearest first. */
  readonly written: (name: string) => readonly WrittenBlock[];
}

/** Finds the layers of a model and names them. `names` holds those of the base already, and gets the new ones. */
export function openLayers(
  context: Context,
  model: Block,
  written: readonly WrittenBlock[],
  names: NameTable,
): LayerNames {
  const levels = written.map(level => ({ ...level, layers: layersIn(level.block) }));
  const own = levels[0]?.layers ?? new Map<string, Block>();
  const fresh: NameTable = new Map();
  for (const item of model.body?.items ?? []) {
    if (item.kind !== 'block' || item.keyword.text !== 'layer') continue;
    checkName(context, item);
    const base = item.label && names.get(item.label.text);
    if (item.label && base && own.get(item.label.text) === item) refer(context, item.label, base);
    else declare(context, fresh, 'layer', item, model);
  }
  for (const [name, symbol] of fresh) names.set(name, symbol);
  const all = [...new Set([...levels].reverse().flatMap(({ layers }) => [...layers.keys()]))];
  const has = (name: string): boolean => all.includes(name);

  const complained = new Set<Block>();
  const chain = (name: string, start: number, trail: readonly Block[]): readonly WrittenBlock[] => {
    for (const [index, { layers, document, inherited }] of levels.entries()) {
      const block = index >= start ? layers.get(name) : undefined;
      if (!block) continue;
      if (trail.length > maxCopies) return [];
      if (trail.includes(block)) {
        complain(trail, block);
        return [];
      }
      const here = { block, document, inherited: inherited || trail.length > 0 };
      const from = block.from?.text ?? '';
      if (from === '') return [here, ...chain(name, index + 1, [...trail, block])];
      // `layer local from local` in a copied model means the one that was copied.
      const next = from === name ? chain(name, index + 1, [...trail, block]) : chain(from, 0, [...trail, block]);
      return [here, ...next];
    }
    return [];
  };
  const complain = (trail: readonly Block[], block: Block): void => {
    const circle = trail.slice(trail.indexOf(block));
    const first = circle[0];
    if (!first?.from || circle.some(each => complained.has(each)) || own.get(first.label?.text ?? '') !== first) return;
    for (const each of circle) complained.add(each);
    const chainNames = [...circle, first].map(each => each.label?.text ?? '');
    report(context, 'cyclic-from', first.from, { chain: chainNames });
  };

  for (const [name, block] of own) {
    const { from } = block;
    if (!from || from.text === '') continue;
    const isKnown = from.text === name ? levels.slice(1).some(({ layers }) => layers.has(name)) : has(from.text);
    const symbol = names.get(from.text);
    if (!isKnown && from.text === name) report(context, 'cyclic-from', from, { chain: [name, name] });
    else if (!isKnown)
      reportUnknownName(
        context,
        'layer',
        from,
        all.filter(other => other !== name),
      );
    else if (symbol) refer(context, from, symbol);
  }
  return { names: all, has, own: name => own.get(name), written: name => chain(name, 0, []) };
}

function layersIn(model: Block): ReadonlyMap<string, Block> {
  const layers = new Map<string, Block>();
  for (const item of model.body?.items ?? []) {
    const name = item.kind === 'block' && item.keyword.text === 'layer' ? item.label?.text : undefined;
    if (item.kind === 'block' && name !== undefined && !layers.has(name)) layers.set(name, item);
  }
  return layers;
}
