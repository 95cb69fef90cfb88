/** The legal word that was probably meant; undefined if none is near. */
export function nearest(word: string, legal: Iterable<string>): string | undefined {
  const written = word.toLowerCase();
  let best: string | undefined;
  // One slip in short words, more in long ones; a beginning of at least three letters always counts.
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of legal) {
    const wanted = candidate.toLowerCase();
    const isBeginning = written.length > 2 && wanted.startsWith(written);
    const distance = isBeginning ? 0.5 : editDistance(written, wanted, bestDistance);
    if (distance < bestDistance && distance < Math.max(written.length, wanted.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other; at most `limit`. */
export function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      let cost = Math.min(
        (previous[column] ?? limit) + 1,
        (current[column - 1] ?? limit) + 1,
        (previous[column - 1] ?? limit) + (isSame ? 0 : 1),
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        cost = Math.min(cost, (beforePrevious[column - 2] ?? limit) + 1);
      }
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return Math.min(previous[to.length] ?? limit, limit);
}
