import type { CompareRun } from '../../src/protocol/compare-panel';
import type { Series, SeriesMessage } from '../../src/protocol/series';
import { createSeriesStore, type SeriesStore } from '../shared/series-store';

/** A run that is drawn. */
export interface ChosenRun {
  readonly id: string;
  readonly name: string;
  /** Number of its colour; kept while the run stays chosen, so that no curve changes its colour. */
  readonly slot: number;
  readonly series: Series;
  /** Grows when rows come, for caches. */
  readonly revision: number;
}

/** All runs, which of them are chosen, and the rows of those that were ever chosen. */
export interface ChosenRuns {
  setRuns(runs: readonly CompareRun[]): void;
  runs(): readonly CompareRun[];
  choose(ids: readonly string[]): void;
  ids(): readonly string[];
  /** Chosen runs without rows here. */
  missing(): readonly string[];
  slot(id: string): number | null;
  /** False when earlier rows are missing. */
  apply(message: SeriesMessage): boolean;
  /** Chosen runs that exist, in the order of the choice. */
  drawn(): readonly ChosenRun[];
}

export function createChosenRuns(initial: readonly string[]): ChosenRuns {
  let runs: readonly CompareRun[] = [];
  let ids: readonly string[] = [];
  const slots = new Map<string, number>();
  const stores = new Map<string, SeriesStore>();
  const choose = (chosen: readonly string[]) => {
    ids = [...new Set(chosen)];
    for (const id of slots.keys()) if (!ids.includes(id)) slots.delete(id);
    for (const id of ids) if (!slots.has(id)) slots.set(id, firstFree([...slots.values()]));
  };
  choose(initial);
  return {
    setRuns(all) {
      runs = all;
    },
    runs: () => runs,
    choose,
    ids: () => ids,
    missing: () => ids.filter(id => !stores.has(id)),
    slot: id => slots.get(id) ?? null,
    apply(message) {
      const store = stores.get(message.runId) ?? createSeriesStore();
      if (!store.apply(message)) return false;
      stores.set(message.runId, store);
      return true;
    },
    drawn: () =>
      ids.flatMap(id => {
        const run = runs.find(({ record }) => record.id === id);
        const slot = slots.get(id);
        const store = stores.get(id);
        if (run === undefined || slot === undefined || store === undefined) return [];
        return [{ id, name: run.record.name, slot, series: store.series(), revision: store.revision() }];
      }),
  };
}

/** The lowest number that is not taken. */
function firstFree(taken: readonly number[]): number {
  let slot = 0;
  while (taken.includes(slot)) slot++;
  return slot;
}
