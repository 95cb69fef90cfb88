import { evalColumnNames, type Series, type SeriesMessage, stepColumnNames } from '../../src/protocol/series';

/** The rows of one run as the page holds them. */
export interface SeriesStore {
  /** Replaces what is held from the message's offset on. False when rows before it are missing: ask again. */
  apply(message: SeriesMessage): boolean;
  /** Views of exactly the rows held; new objects after each `apply`. */
  series(): Series;
  /** Grows with every change, for caches. */
  revision(): number;
}

export function createSeriesStore(): SeriesStore {
  const steps = createTable(stepColumnNames);
  const evals = createTable(evalColumnNames);
  let revision = 0;
  let current: Series = { steps: steps.view(), evals: evals.view() };
  return {
    apply(message) {
      if (message.offset.steps > steps.length() || message.offset.evals > evals.length()) return false;
      steps.replace(message.offset.steps, message.steps);
      evals.replace(message.offset.evals, message.evals);
      current = { steps: steps.view(), evals: evals.view() };
      revision++;
      return true;
    },
    series: () => current,
    revision: () => revision,
  };
}

/** Columns that grow by doubling: appending 20,000 rows in small parts copies each row about twice, not 200 times. */
function createTable<Name extends string>(names: readonly Name[]) {
  let capacity = 1024;
  let length = 0;
  const columns = new Map(names.map(name => [name, new Float64Array(capacity)]));
  return {
    length: () => length,
    replace(offset: number, rows: Readonly<Record<Name, ArrayLike<number>>>) {
      const added = Math.max(0, ...names.map(name => rows[name].length));
      while (capacity < offset + added) capacity *= 2;
      for (const [name, column] of columns) {
        let target = column;
        if (target.length < capacity) {
          target = new Float64Array(capacity);
          target.set(column.subarray(0, length));
          columns.set(name, target);
        }
        target.set(rows[name], offset);
      }
      length = offset + added;
    },
    view: () =>
      Object.fromEntries([...columns].map(([name, column]) => [name, column.subarray(0, length)])) as Record<
        Name,
        Float64Array
      >,
  };
}
