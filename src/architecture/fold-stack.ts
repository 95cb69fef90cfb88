/** A stack of layers with its repeats folded. `start` is the index in the stack of what comes first. */
export type Fold =
  | { readonly kind: 'layer'; readonly name: string; readonly times: number; readonly start: number }
  | { readonly kind: 'group'; readonly items: readonly Fold[]; readonly times: number; readonly start: number };

/** Stacks of more different runs than this are only folded run by run: the search takes the cube of their number. */
const longestSearch = 120;
/** What a repeat costs to say, in layers: little, but more than nothing, so that nothing is nested without need. */
const repeatPrice = 0.25;

/**
 * The shortest way to say a stack: `(local * 5, global) * 4, local * 2`. Neighbours that are the same become one run; over
 * the runs a table holds the best way to say each piece, split in two or folded as a repeat of its own beginning.
 */
export function foldStack(stack: readonly string[]): readonly Fold[] {
  const runs = runsOf(stack);
  return runs.length > longestSearch ? runs : bestFold(runs);
}

type Run = Extract<Fold, { readonly kind: 'layer' }>;

function runsOf(stack: readonly string[]): readonly Run[] {
  const runs: Run[] = [];
  for (const [index, name] of stack.entries()) {
    const last = runs.at(-1);
    if (last?.name === name) runs[runs.length - 1] = { ...last, times: last.times + 1 };
    else runs.push({ kind: 'layer', name, times: 1, start: index });
  }
  return runs;
}

interface Said {
  readonly price: number;
  readonly items: readonly Fold[];
}

function bestFold(runs: readonly Run[]): readonly Fold[] {
  const known = new Map<number, Said>();
  const best = (from: number, to: number): Said => {
    const key = from * (runs.length + 1) + to;
    const before = known.get(key);
    if (before) return before;
    const said = search(from, to);
    known.set(key, said);
    return said;
  };
  const search = (from: number, to: number): Said => {
    if (to - from <= 1) return { price: to - from, items: runs.slice(from, to) };
    const period = periodOf(runs, from, to);
    if (period < to - from) {
      const inner = best(from, from + period);
      const start = runs[from]?.start ?? 0;
      const group: Fold = { kind: 'group', items: inner.items, times: (to - from) / period, start };
      return { price: inner.price + repeatPrice, items: [group] };
    }
    let cheapest: Said = { price: Number.POSITIVE_INFINITY, items: [] };
    for (let middle = from + 1; middle < to; middle++) {
      const [left, right] = [best(from, middle), best(middle, to)];
      const price = left.price + right.price;
      if (price < cheapest.price) cheapest = { price, items: [...left.items, ...right.items] };
    }
    return cheapest;
  };
  return best(0, runs.length).items;
}

/** The length of the shortest beginning of which a piece is a repeat; the whole length if there is none. */
function periodOf(runs: readonly Run[], from: number, to: number): number {
  const length = to - from;
  const isSame = (a: number, b: number) => runs[a]?.name === runs[b]?.name && runs[a]?.times === runs[b]?.times;
  for (let period = 1; period <= length / 2; period++) {
    if (length % period !== 0) continue;
    let index = from + period;
    while (index < to && isSame(index, index - period)) index++;
    if (index === to) return period;
  }
  return length;
}

/** A folded stack as a pattern of the language: `(local * 5, global) * 4, local * 2`. */
export function foldText(folds: readonly Fold[]): string {
  return folds
    .map(fold => {
      const unit = fold.kind === 'layer' ? fold.name : `(${foldText(fold.items)})`;
      return fold.times === 1 ? unit : `${unit} * ${fold.times}`;
    })
    .join(', ');
}
