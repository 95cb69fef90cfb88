/** Bookkeeping of a mixture of experts: plain integer arrays, no gradient passes through them. */

/**
 * The `topK` best columns of every row, best first; equal scores go to the lower column, so that a choice never depends on
 * the order of a sort. Shapes: scores [rows, columns], result [rows, topK], row by row.
 */
export function chooseTopK(scores: Float32Array, columns: number, topK: number): Int32Array {
  const rows = scores.length / columns;
  const chosen = new Int32Array(rows * topK);
  const best = new Float64Array(topK);
  for (let row = 0; row < rows; row++) {
    let count = 0;
    for (let column = 0; column < columns; column++) {
      const score = scores[row * columns + column] ?? Number.NaN;
      // A list that is not full takes anything, also a NaN: ids stay legal whatever the scores are.
      if (count === topK && !(score > (best[topK - 1] ?? 0))) continue;
      let place = count < topK ? count++ : topK - 1;
      for (; place > 0 && score > (best[place - 1] ?? 0); place--) {
        best[place] = best[place - 1] ?? 0;
        chosen[row * topK + place] = chosen[row * topK + place - 1] ?? 0;
      }
      best[place] = score;
      chosen[row * topK + place] = column;
    }
  }
  return chosen;
}

/** Tokens sorted by the expert that they go to. A slot is one choice: token * topK + rank. */
export interface ExpertOrder {
  /** First row of each expert, and the number of rows behind the last: [experts + 1]. */
  readonly starts: Int32Array;
  /** The slot that stands in each row: [tokens * topK]. */
  readonly slotOfRow: Int32Array;
  /** The row in which each slot stands: [tokens * topK]. */
  readonly rowOfSlot: Int32Array;
}

/** Sorts choices by expert, keeping the order of the tokens inside each expert. */
export function orderByExpert(chosen: Int32Array, experts: number): ExpertOrder {
  const starts = new Int32Array(experts + 1);
  for (const expert of chosen) starts[expert + 1] = (starts[expert + 1] ?? 0) + 1;
  for (let expert = 0; expert < experts; expert++)
    starts[expert + 1] = (starts[expert + 1] ?? 0) + (starts[expert] ?? 0);
  const next = starts.slice(0, experts);
  const slotOfRow = new Int32Array(chosen.length);
  const rowOfSlot = new Int32Array(chosen.length);
  chosen.forEach((expert, slot) => {
    const row = next[expert] ?? 0;
    next[expert] = row + 1;
    slotOfRow[row] = slot;
    rowOfSlot[slot] = row;
  });
  return { starts, slotOfRow, rowOfSlot };
}

/** How many tokens each expert got. */
export const expertLoad = (starts: Int32Array): Int32Array =>
  starts.slice(1).map((end, expert) => end - (starts[expert] ?? 0));

/**
 * Scores in which only the experts of each row's `topGroups` best groups are left, the others -Infinity. A group is as good as
 * the sum of its two best scores (DeepSeek V3). Shapes: scores and result [rows, columns]; groups are equal runs of columns.
 */
export function keepTopGroups(
  scores: Float32Array,
  columns: number,
  { groups, topGroups }: { readonly groups: number; readonly topGroups: number },
): Float32Array {
  const size = columns / groups;
  const rows = scores.length / columns;
  const groupScores = new Float32Array(rows * groups);
  for (let group = 0; group < rows * groups; group++) {
    let [first, second] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const score of scores.subarray(group * size, (group + 1) * size)) {
      if (score > first) [first, second] = [score, first];
      else if (score > second) second = score;
    }
    groupScores[group] = size > 1 ? first + second : first;
  }
  const kept = chooseTopK(groupScores, groups, topGroups);
  const left = new Float32Array(scores.length).fill(Number.NEGATIVE_INFINITY);
  kept.forEach((group, index) => {
    const start = Math.floor(index / topGroups) * columns + group * size;
    left.set(scores.subarray(start, start + size), start);
  });
  return left;
}
